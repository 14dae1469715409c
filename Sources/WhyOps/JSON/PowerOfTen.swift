/// A power of ten as a binary number: at least 128 of its binary digits, in two words.
struct PowerOfTen {
    /// The first 64 binary digits; the highest is set.
    let high: UInt64
    /// The next 64.
    let low: UInt64
    /// The power is at least the two words times two to this power, and less than that of the two words and 4.
    let exponent: Int

    /// The powers that there are: all that reading and writing of doubles takes.
    static let range = -364...363
    /// The powers that are exact.
    static let exactRange = 0...27

    /// Looks up a power in `range`.
    init(_ power: Int) {
        let (index, rest) = (power - Self.range.lowerBound).quotientAndRemainder(dividingBy: 28)
        let coarse = index * 28 + Self.range.lowerBound
        // The first factor lacks less than 1 of its last place, the second is exact; what the product lacks of that
        // doubles at most when its highest digit is 0, and what is cut off is less than 1 more.
        let factor = Self.fives[rest]
        let first = Self.highs[index].multipliedFullWidth(by: factor)
        let second = Self.lows[index].multipliedFullWidth(by: factor)
        let (middle, carries) = first.low.addingReportingOverflow(second.high)
        let top = first.high + (carries ? 1 : 0)
        let shift = UInt64(top.leadingZeroBitCount)
        if shift == 0 {
            (high, low) = (top, middle)
        } else {
            high = top << shift | middle >> (64 - shift)
            low = middle << shift | second.low >> (64 - shift)
        }
        // 10^coarse lies in [2^n, 2^(n + 1)) with n = floor(coarse * log2(10)), which this quotient is for all of them.
        exponent = (coarse * 1_741_647) >> 19 - 127 + rest + 64 - Int(shift)
    }

    /// 5^0 to 5^27.
    private static let fives: [28 of UInt64] = [
        0x0000_0000_0000_0001, 0x0000_0000_0000_0005, 0x0000_0000_0000_0019, 0x0000_0000_0000_007d,
        0x0000_0000_0000_0271, 0x0000_0000_0000_0c35, 0x0000_0000_0000_3d09, 0x0000_0000_0001_312d,
        0x0000_0000_0005_f5e1, 0x0000_0000_001d_cd65, 0x0000_0000_0095_02f9, 0x0000_0000_02e9_0edd,
        0x0000_0000_0e8d_4a51, 0x0000_0000_48c2_7395, 0x0000_0001_6bcc_41e9, 0x0000_0007_1afd_498d,
        0x0000_0023_86f2_6fc1, 0x0000_00b1_a2bc_2ec5, 0x0000_0378_2dac_e9d9, 0x0000_1158_e460_913d,
        0x0000_56bc_75e2_d631, 0x0001_b1ae_4d6e_2ef5, 0x0008_7867_8326_eac9, 0x002a_5a05_8fc2_95ed,
        0x00d3_c21b_cecc_eda1, 0x0422_ca8b_0a00_a425, 0x14ad_f4b7_3203_34b9, 0x6765_c793_fa10_079d,
    ]

    /// 10^-364, 10^-336 and so on: the first 64 binary digits.
    private static let highs: [26 of UInt64] = [
        0xe1af_a13a_fbd1_4d6d, 0xe3e2_7a44_4d8d_98b7, 0xe61a_cf03_3d1a_45df, 0xe858_ad24_8f5c_22c9,
        0xea9c_2277_23ee_8bcb, 0xece5_3cec_4a31_4ebd, 0xef34_0a98_172a_ace4, 0xf188_99b1_bc3f_8ca1,
        0xf3e2_f893_dec3_f126, 0xf643_35bc_f065_d37d, 0xf8a9_5fcf_8874_7d94, 0xfb15_8592_be06_8d2e,
        0xfd87_b5f2_8300_ca0d, 0x8000_0000_0000_0000, 0x813f_3978_f894_0984, 0x8281_8f12_81ed_449f,
        0x83c7_088e_1aab_65db, 0x850f_adc0_9923_329e, 0x865b_8692_5b9b_c5c2, 0x87aa_9aff_7904_2286,
        0x88fc_f317_f222_41e2, 0x8a52_96ff_e33c_c92f, 0x8bab_8eef_b640_9c1a, 0x8d07_e334_5563_7eb2,
        0x8e67_9c2f_5e44_ff8f, 0x8fca_c257_558e_e4e6,
    ]

    /// And the next 64.
    private static let lows: [26 of UInt64] = [
        0x8218_9c09_a3a1_ec21, 0xfd1b_1b23_0816_9b25, 0x6fb9_2487_298e_33bd, 0xd1b3_400f_8f9c_ff68,
        0x465e_15a9_79c1_cadc, 0xa4f8_bf56_3524_6428, 0x86fb_8971_16c8_7c34, 0xdc44_e6c3_cb27_9ac1,
        0x5a89_dba3_c3ef_ccfa, 0x4d46_17b5_ff4a_16d5, 0x75a4_4c63_97ce_912a, 0xeed6_e2f0_f0d5_6712,
        0x8bca_9d6e_1888_53fc, 0x0000_0000_0000_0000, 0x4000_0000_0000_0000, 0xbff8_f10e_7a89_21a4,
        0x7926_67c6_da79_e0fa, 0x03e2_cf6b_c604_ddb0, 0x0b8a_2392_ba45_a9b2, 0x90fb_44d2_f05d_0842,
        0x441f_ece3_bdf8_1f03, 0x82bd_6b70_d99a_aa6f, 0x1ad0_89b6_c2f7_548e, 0xdb0b_487b_6423_e1e8,
        0x570f_09ea_a7ea_7648, 0x213a_4f0a_a5e8_a7b1,
    ]
}

/// Reading a JSON number as a double (JSON-23): with 128 binary digits where they decide, else exactly.
enum DoubleReading {
    /// The nearest double to a number that the scanner has accepted, a tie going to the even one; infinite where it is
    /// beyond the largest.
    ///
    /// - Complexity: O(n); doesn't allocate for up to 19 digits, ties and subnormal doubles apart.
    static func double(_ range: Range<Int>, in bytes: Span<UInt8>) -> Double {
        var offset = range.lowerBound
        let end = range.upperBound
        let isNegative = offset < end && bytes[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        var digits: UInt64 = 0
        var count = 0
        var exponent = 0
        var isFraction = false
        while offset < end, bytes[offset] | 0x20 != UInt8(ascii: "e") {
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            if isFraction { exponent -= 1 }
            if digits != 0 || byte != UInt8(ascii: "0") { count += 1 }
            // 19 digits fit; of 20 some do, and 2^64 would look like nothing.
            if count > 19 { return DecimalNumber(range, in: bytes).double }
            digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        if digits == 0 { return isNegative ? -0.0 : 0 }
        if offset < end {
            guard let written = self.exponent(offset + 1..<end, in: bytes) else {
                return DecimalNumber(range, in: bytes).double
            }
            exponent += written
        }
        guard let magnitude = double(digits, timesTenToThe: exponent) else {
            return DecimalNumber(range, in: bytes).double
        }
        return isNegative ? -magnitude : magnitude
    }

    /// The number after `e`, of at most 5 digits.
    private static func exponent(_ range: Range<Int>, in bytes: Span<UInt8>) -> Int? {
        guard range.count <= 6 else { return nil }
        var value = 0
        var isNegative = false
        for offset in range {
            switch bytes[offset] {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "+"): break
            default: value = value * 10 + Int(bytes[offset] - UInt8(ascii: "0"))
            }
        }
        return isNegative ? -value : value
    }

    /// The nearest double to a product that is not 0; `nil` where 128 digits do not tell, and beyond the normal doubles.
    static func double(_ digits: UInt64, timesTenToThe exponent: Int) -> Double? {
        if digits < 1 << 53, -22...22 ~= exponent {
            // Both operands are exact, so that there is one rounding, which is the right one.
            var power = 1.0
            for _ in 0..<abs(exponent) { power *= 10 }
            return exponent < 0 ? Double(digits) / power : Double(digits) * power
        }
        guard PowerOfTen.range ~= exponent else { return nil }
        let power = PowerOfTen(exponent)
        let zeros = digits.leadingZeroBitCount
        let first = (digits << UInt64(zeros)).multipliedFullWidth(by: power.high)
        let second = (digits << UInt64(zeros)).multipliedFullWidth(by: power.low)
        let (sum, carries) = first.low.addingReportingOverflow(second.high)
        var low = sum
        var high = first.high + (carries ? 1 : 0)
        var remainder = second.low
        var weight = power.exponent - zeros + 128
        if high >> 63 == 0 {
            high = high << 1 | low >> 63
            low = low << 1 | remainder >> 63
            remainder <<= 1
            weight -= 1
        }
        // The value is at least high.low * 2^weight, the point after `high`, and exceeds it by less than 4 * 2 of the
        // last place for what the power lacks and 1 for what is cut off here.
        let scale = weight + 63
        guard -1022...1023 ~= scale else { return nil }
        let rest = high & 0x7FF
        var mantissa = high >> 11
        if rest == 0x3FF, low > .max - 16 { return nil }
        if rest == 0x400, low == 0 {
            guard PowerOfTen.exactRange ~= exponent else { return nil }
            mantissa += remainder == 0 ? mantissa & 1 : 1
        } else if rest >= 0x400 {
            mantissa += 1
        }
        // The hidden digit, and a carry out of the rounding, raise the exponent by addition, up to infinity.
        return Double(bitPattern: UInt64(scale + 1022) << 52 + mantissa)
    }
}

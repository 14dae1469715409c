/// The fewest decimal digits that read back as the same double, of these the nearest to it (JSON-24).
struct ShortestDecimal: Equatable {
    /// At most 17 digits, the last not 0.
    private let digits: UInt64
    /// The value is the digits times ten to this power.
    private let power: Int

    /// Finds the digits of a finite double above 0: with 128 binary digits where they decide, else exactly.
    ///
    /// - Complexity: O(1); doesn't allocate but where the interval ends on a short number, as for some whole ones from
    ///   2^53 on.
    init(_ value: Double) {
        self = Self(quickly: value) ?? Self(exactly: value)
    }

    init(digits: UInt64, power: Int) {
        self.digits = digits
        self.power = power
    }

    /// A finite double above 0 as a whole number times a power of two.
    struct Parts {
        let mantissa: UInt64
        let exponent: Int
        /// Below a power of two the next double is half as far away.
        let isUneven: Bool
        /// The power of two that the double is at least.
        var log2: Int { exponent + 63 - mantissa.leadingZeroBitCount }

        init(_ value: Double) {
            let bits = value.bitPattern
            let field = Int(truncatingIfNeeded: bits >> 52) & 0x7FF
            let fraction = bits & (1 << 52 - 1)
            mantissa = field == 0 ? fraction : fraction | 1 << 52
            exponent = max(field, 1) - 1075
            isUneven = fraction == 0 && field > 1
        }
    }

    /// Appends the number as ECMA-262's `Number::toString` spells it.
    func append(to text: inout [UInt8]) {
        let zero = UInt8(ascii: "0")
        var spelt: [17 of UInt8] = .init(repeating: zero)
        var rest = digits
        var count = 0
        while rest > 0, count < 17 {
            spelt[count] = UInt8(truncatingIfNeeded: rest % 10) + zero
            rest /= 10
            count += 1
        }
        // The last digit stands first; the value is 0.digits times ten to the power of `point`.
        let point = power + count
        switch point {
        case count...21:
            for index in 0..<count { text.append(spelt[count - 1 - index]) }
            for _ in count..<point { text.append(zero) }
        case 1...21:
            for index in 0..<count {
                if index == point { text.append(UInt8(ascii: ".")) }
                text.append(spelt[count - 1 - index])
            }
        case -5...0:
            text.append(zero)
            text.append(UInt8(ascii: "."))
            for _ in point..<0 { text.append(zero) }
            for index in 0..<count { text.append(spelt[count - 1 - index]) }
        default:
            for index in 0..<count {
                if index == 1 { text.append(UInt8(ascii: ".")) }
                text.append(spelt[count - 1 - index])
            }
            text.append(UInt8(ascii: "e"))
            text.append(UInt8(ascii: point > 0 ? "+" : "-"))
            text.append(contentsOf: String(abs(point - 1)).utf8)
        }
    }
}

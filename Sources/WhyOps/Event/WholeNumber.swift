/// What a JSON number says as a whole number, decided on its digits: no rounding, whatever its size (EVT-8).
enum WholeNumber: Equatable {
    /// A number of at most 18 digits.
    case value(Int64)
    /// Whole, but with more digits.
    case tooBig, tooSmall
    /// Not whole, such as `1.5`; `1.0` and `10e-1` are whole.
    case fraction

    /// Reads the text of a valid JSON number.
    ///
    /// - Complexity: O(n); doesn't allocate.
    init(_ range: Range<Int>, in bytes: Span<UInt8>) {
        var isNegative = false
        var isBehindPoint = false
        /// The value of the digits up to the last one that is not zero, while there are at most 18.
        var value: Int64 = 0
        /// Digits from the first to the last that is not zero, and zeros behind that.
        var significant = 0
        var zeros = 0
        /// How many of all digits stand behind the point.
        var places = 0
        var exponent = 0
        var isNegativeExponent = false
        var offset = range.lowerBound
        mantissa: while offset < range.upperBound {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isBehindPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): break mantissa
            case UInt8(ascii: "0"):
                if significant > 0 { zeros += 1 }
                if isBehindPoint { places += 1 }
            default:
                significant += zeros + 1
                // Below 10^18, so that nothing overflows.
                if significant <= 18 {
                    for _ in 0..<zeros { value *= 10 }
                    value = value * 10 + Int64(byte - UInt8(ascii: "0"))
                }
                zeros = 0
                if isBehindPoint { places += 1 }
            }
        }
        while offset < range.upperBound {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "-"): isNegativeExponent = true
            case UInt8(ascii: "+"): break
            // More than any text has digits: from here on the sign alone decides.
            default: exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), 200_000_000)
            }
        }
        guard significant > 0 else {
            self = .value(0)
            return
        }
        // The number is the significant digits times ten to the power of `shift`.
        let shift = (isNegativeExponent ? -exponent : exponent) - places + zeros
        guard shift >= 0 else {
            self = .fraction
            return
        }
        guard significant + shift <= 18 else {
            self = isNegative ? .tooSmall : .tooBig
            return
        }
        for _ in 0..<shift { value *= 10 }
        self = .value(isNegative ? -value : value)
    }
}

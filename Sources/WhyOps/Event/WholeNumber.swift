/// What a JSON number says as a whole number, decided on its digits: no rounding, whatever its size (EVT-8).
enum WholeNumber: Equatable {
    case value(Int)
    /// Whole, but beyond `Int`.
    case tooBig, tooSmall
    /// Not whole, such as `1.5`; `1.0` and `10e-1` are whole.
    case fraction

    /// Reads the text of a valid JSON number.
    init(json: [UInt8]) {
        var isNegative = false
        var digits: [UInt8] = []
        /// How many of the digits stand behind the point.
        var places = 0
        var exponent = 0
        var isNegativeExponent = false
        var part = 0
        for byte in json {
            switch byte {
            case UInt8(ascii: "-"): if part == 2 { isNegativeExponent = true } else { isNegative = true }
            case UInt8(ascii: "+"): break
            case UInt8(ascii: "."): part = 1
            case UInt8(ascii: "e"), UInt8(ascii: "E"): part = 2
            default:
                let digit = byte - UInt8(ascii: "0")
                if part == 2 {
                    // Beyond a million the sign alone decides; this also bounds the work below.
                    exponent = min(exponent * 10 + Int(digit), 1_000_000)
                } else {
                    digits.append(digit)
                    if part == 1 { places += 1 }
                }
            }
        }
        while digits.last == 0, digits.count > 1 {
            digits.removeLast()
            places -= 1
        }
        if digits.allSatisfy({ $0 == 0 }) {
            self = .value(0)
            return
        }
        // The number is the digits times ten to the power of `shift`, and the last digit is not zero.
        let shift = (isNegativeExponent ? -exponent : exponent) - places
        guard shift >= 0 else {
            self = .fraction
            return
        }
        let significant = digits.drop { $0 == 0 }
        guard significant.count + shift <= 18 else {
            self = isNegative ? .tooSmall : .tooBig
            return
        }
        var value = 0
        for digit in significant { value = value * 10 + Int(digit) }
        for _ in 0..<shift { value *= 10 }
        self = .value(isNegative ? -value : value)
    }
}

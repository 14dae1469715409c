/// The fewest decimal digits that read back as the same double (JSON-24), by exact arithmetic on the interval of all
/// numbers that round to it.
struct ShortestDecimal {
    /// Digits, 0 to 9, at most 17, the first and the last not 0.
    private var digits: [UInt8] = []
    /// The value is 0.digits times ten to this power.
    private var point: Int

    /// Finds the digits of a finite double above 0.
    init(_ value: Double) {
        let bits = value.bitPattern
        let field = Int(truncatingIfNeeded: bits >> 52) & 0x7FF
        let fraction = bits & (1 << 52 - 1)
        let mantissa = field == 0 ? fraction : fraction | 1 << 52
        let exponent = max(field, 1) - 1075
        // Below a power of two the next double is half as far away.
        let isUneven = fraction == 0 && field > 1
        let isEven = mantissa & 1 == 0

        // value = rest / scale; the interval reaches from rest - below to rest + above.
        var rest = NaturalNumber(mantissa)
        var scale = NaturalNumber(1)
        var above = NaturalNumber(1)
        var below = NaturalNumber(1)
        rest.shiftLeft(max(exponent, 0) + (isUneven ? 2 : 1))
        scale.shiftLeft(max(-exponent, 0) + (isUneven ? 2 : 1))
        above.shiftLeft(max(exponent, 0) + (isUneven ? 1 : 0))
        below.shiftLeft(max(exponent, 0))

        // Never more than the right place of the point and at most one less: the nearest that a multiple of log10(2)
        // comes to a whole number up to 1074 is 0.0004, the error of the fraction here 0.00003.
        let log2 = exponent + 63 - mantissa.leadingZeroBitCount
        point = -((-log2 * 315_653) >> 20)
        if point >= 0 {
            scale.multiply(byTenToThe: point)
        } else {
            rest.multiply(byTenToThe: -point)
            above.multiply(byTenToThe: -point)
            below.multiply(byTenToThe: -point)
        }
        func reaches(_ rest: NaturalNumber) -> Bool {
            var sum = rest
            sum.add(above)
            let order = sum.compared(with: scale)
            return order > 0 || (order == 0 && isEven)
        }
        if reaches(rest) {
            scale.multiply(by: 10)
            point += 1
        }
        while true {
            rest.multiply(by: 10)
            above.multiply(by: 10)
            below.multiply(by: 10)
            var digit: UInt8 = 0
            while rest.compared(with: scale) >= 0 {
                rest.subtract(scale)
                digit += 1
            }
            let order = rest.compared(with: below)
            let isLow = order < 0 || (order == 0 && isEven)
            let isHigh = reaches(rest)
            guard isLow || isHigh else {
                digits.append(digit)
                continue
            }
            var double = rest
            double.shiftLeft(1)
            let half = double.compared(with: scale)
            let roundsUp = isHigh && (!isLow || half > 0 || (half == 0 && digit & 1 == 1))
            digits.append(roundsUp ? digit + 1 : digit)
            return
        }
    }

    /// Appends the number as ECMA-262's `Number::toString` spells it.
    func append(to text: inout [UInt8]) {
        let zero = UInt8(ascii: "0")
        let count = digits.count
        switch point {
        case count...21:
            for digit in digits { text.append(digit + zero) }
            for _ in count..<point { text.append(zero) }
        case 1...21:
            for index in 0..<count {
                if index == point { text.append(UInt8(ascii: ".")) }
                text.append(digits[index] + zero)
            }
        case -5...0:
            text.append(zero)
            text.append(UInt8(ascii: "."))
            for _ in point..<0 { text.append(zero) }
            for digit in digits { text.append(digit + zero) }
        default:
            for index in 0..<count {
                if index == 1 { text.append(UInt8(ascii: ".")) }
                text.append(digits[index] + zero)
            }
            text.append(UInt8(ascii: "e"))
            text.append(UInt8(ascii: point > 0 ? "+" : "-"))
            text.append(contentsOf: String(abs(point - 1)).utf8)
        }
    }
}

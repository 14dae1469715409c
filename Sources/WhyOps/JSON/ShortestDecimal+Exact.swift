// The slow and exact way, for what 128 binary digits cannot decide.

extension ShortestDecimal {
    /// Finds the digits of a finite double above 0 by exact arithmetic on the interval of all numbers that round to it.
    init(exactly value: Double) {
        let parts = Parts(value)
        let (mantissa, exponent, isUneven) = (parts.mantissa, parts.exponent, parts.isUneven)
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
        let log2 = parts.log2
        var point = -((-log2 * 315_653) >> 20)
        var digits: UInt64 = 0
        var count = 0
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
            var digit: UInt64 = 0
            while rest.compared(with: scale) >= 0 {
                rest.subtract(scale)
                digit += 1
            }
            let order = rest.compared(with: below)
            let isLow = order < 0 || (order == 0 && isEven)
            let isHigh = reaches(rest)
            guard isLow || isHigh else {
                digits = digits * 10 + digit
                count += 1
                continue
            }
            var double = rest
            double.shiftLeft(1)
            let half = double.compared(with: scale)
            let roundsUp = isHigh && (!isLow || half > 0 || (half == 0 && digit & 1 == 1))
            let last: UInt64 = roundsUp ? digit + 1 : digit
            self.init(digits: digits * 10 + last, power: point - count - 1)
            return
        }
    }
}

// The quick way: the interval of all numbers that round to a double, scaled to at least 17 digits before the point.

extension ShortestDecimal {
    /// Finds the digits of a finite double above 0; `nil` where 128 binary digits do not tell.
    init?(quickly value: Double) {
        let parts = Parts(value)
        // floor(log10) of the power of two that the value is at least, so that it has 17 or 18 digits when scaled. The
        // nearest that a multiple of log10(2) comes to a whole number up to 1074 is 0.0004, the error here 0.0002.
        let scale = 16 - (parts.log2 * 315_653) >> 20
        guard PowerOfTen.range ~= scale else { return nil }
        let power = PowerOfTen(scale)
        // The product of the mantissa and the two words of the power has 54 + 64 to 60 + 64 bits more than this.
        let shift = -(parts.exponent + power.exponent + 64)
        guard 1...63 ~= shift else { return nil }
        let first = parts.mantissa.multipliedFullWidth(by: power.high)
        let second = parts.mantissa.multipliedFullWidth(by: power.low)
        let (middle, carries) = first.low.addingReportingOverflow(second.high)
        let top = first.high + (carries ? 1 : 0)
        let center = Fixed(
            whole: top << (64 - shift) | middle >> shift,
            fraction: middle << (64 - shift) | second.low >> shift
        )
        let half = Fixed(
            whole: power.high >> (shift + 1),
            fraction: power.high << (63 - shift) | power.low >> (shift + 1)
        )
        let low = center - (parts.isUneven ? half.halved : half)
        let high = center + half

        // The largest power of ten that has a multiple between them.
        var unit: UInt64 = 1
        var zeros = 0
        guard Self.reaches(unit, low, high) == true else { return nil }
        while true {
            guard let reaches = Self.reaches(unit * 10, low, high) else { return nil }
            if !reaches { break }
            unit *= 10
            zeros += 1
        }
        let down = Fixed(whole: center.whole / unit * unit, fraction: 0)
        let up = Fixed(whole: down.whole + unit, fraction: 0)
        guard let isDownInside = down.isAbove(low), let isUpBeyond = up.isAbove(high) else { return nil }
        let isDown: Bool
        if isDownInside, !isUpBeyond {
            guard let isNearer = (up - center).isAbove(center - down) else { return nil }
            isDown = isNearer
        } else {
            isDown = isDownInside
        }
        self.init(digits: (isDown ? down : up).whole / unit, power: zeros - scale)
    }

    /// Whether a multiple lies in the interval; `nil` where its ends are too near to one to tell.
    private static func reaches(_ unit: UInt64, _ low: Fixed, _ high: Fixed) -> Bool? {
        let multiple = high.whole / unit * unit
        guard Fixed(whole: multiple, fraction: 0).isAbove(high) == false,
            Fixed(whole: multiple + unit, fraction: 0).isAbove(high) == true
        else { return nil }
        return Fixed(whole: multiple, fraction: 0).isAbove(low)
    }

    /// A number with 64 binary digits after the point, in error by less than 4 of the last place.
    private struct Fixed {
        var whole: UInt64
        var fraction: UInt64

        var halved: Fixed { Fixed(whole: whole >> 1, fraction: whole << 63 | fraction >> 1) }

        static func + (left: Fixed, right: Fixed) -> Fixed {
            let (fraction, carries) = left.fraction.addingReportingOverflow(right.fraction)
            return Fixed(whole: left.whole + right.whole + (carries ? 1 : 0), fraction: fraction)
        }

        /// Below 0 it wraps around, as `isAbove` expects.
        static func - (left: Fixed, right: Fixed) -> Fixed {
            let (fraction, borrows) = left.fraction.subtractingReportingOverflow(right.fraction)
            return Fixed(whole: left.whole &- right.whole &- (borrows ? 1 : 0), fraction: fraction)
        }

        /// Whether this is larger; `nil` where the errors may decide.
        func isAbove(_ other: Fixed) -> Bool? {
            let difference = self - other
            if difference.whole == 0, difference.fraction < 16 { return nil }
            if difference.whole == .max, difference.fraction > .max - 16 { return nil }
            return difference.whole >> 63 == 0
        }
    }
}

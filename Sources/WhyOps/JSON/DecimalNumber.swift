/// A JSON number as it is spelt: 0.d1d2... times a power of ten, with as many digits as can matter.
///
/// This is the slow and exact reading, for what `DoubleReading` cannot decide.
struct DecimalNumber {
    /// Half way between two doubles takes at most 767 significant digits, so that further ones only tell whether the
    /// number is larger than what stands before them.
    private static let digitLimit = 800

    private let isNegative: Bool
    /// Significant digits, 0 to 9, without leading zeros.
    private var digits: [UInt8] = []
    /// The place of the point: the value is 0.digits times ten to this power.
    private var point: Int64 = 0

    /// Reads a number that the scanner has accepted.
    ///
    /// - Complexity: O(n).
    init(_ range: Range<Int>, in bytes: Span<UInt8>) {
        var offset = range.lowerBound
        let end = range.upperBound
        isNegative = offset < end && bytes[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        var isFraction = false
        var restIsZero = true
        while offset < end, bytes[offset] | 0x20 != UInt8(ascii: "e") {
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            let digit = byte - UInt8(ascii: "0")
            if digits.isEmpty, digit == 0 {
                if isFraction { point -= 1 }
                continue
            }
            if !isFraction { point += 1 }
            if digits.count < Self.digitLimit {
                digits.append(digit)
            } else if digit != 0 {
                restIsZero = false
            }
        }
        if !restIsZero { digits.append(1) }
        point += Self.exponent(offset..<end, in: bytes)
    }

    /// The number after `e`. Beyond 10^12 it stays: no text has as many digits, so the value is 0 or infinite anyway.
    private static func exponent(_ range: Range<Int>, in bytes: Span<UInt8>) -> Int64 {
        var value: Int64 = 0
        var isNegative = false
        for offset in range.dropFirst() {
            switch bytes[offset] {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "+"): break
            default:
                if value < 1_000_000_000_000 { value = value * 10 + Int64(bytes[offset] - UInt8(ascii: "0")) }
            }
        }
        return isNegative ? -value : value
    }

    /// The nearest double, a tie going to the even one (JSON-23); infinite where it is beyond the largest.
    var double: Double {
        let magnitude = magnitude
        return isNegative ? -magnitude : magnitude
    }

    private var magnitude: Double {
        // 10^309 is beyond the largest double, 10^-324 less than half the least.
        if digits.isEmpty || point < -323 { return 0 }
        if point > 309 { return .infinity }
        let exponent = Int(point) - digits.count
        return exact(exponent)
    }

    /// The quotient of two whole numbers, to 53 binary digits, rounded by what remains.
    private func exact(_ exponent: Int) -> Double {
        var numerator = NaturalNumber(digits: digits)
        var denominator = NaturalNumber(1)
        if exponent < 0 {
            denominator.multiply(byTenToThe: -exponent)
        } else {
            numerator.multiply(byTenToThe: exponent)
        }
        // 2^high <= value < 2^(high + 1)
        var high = numerator.bitCount - denominator.bitCount
        var (left, right) = (numerator, denominator)
        if high < 0 { left.shiftLeft(-high) } else { right.shiftLeft(high) }
        if left.compared(with: right) < 0 { high -= 1 }
        // The weight of the last binary digit; less than -1074 does not exist.
        let low = max(high - 52, -1074)
        if low < 0 { numerator.shiftLeft(-low) } else { denominator.shiftLeft(low) }
        denominator.shiftLeft(53)
        var quotient: UInt64 = 0
        for _ in 0..<53 {
            numerator.shiftLeft(1)
            quotient <<= 1
            if numerator.compared(with: denominator) >= 0 {
                numerator.subtract(denominator)
                quotient |= 1
            }
        }
        numerator.shiftLeft(1)
        let order = numerator.compared(with: denominator)
        if order > 0 || (order == 0 && quotient & 1 == 1) { quotient += 1 }
        // The hidden digit, and a carry out of the last step, raise the exponent by addition, up to infinity.
        return high > 1023 ? .infinity : Double(bitPattern: UInt64(low + 1074) << 52 + quotient)
    }
}

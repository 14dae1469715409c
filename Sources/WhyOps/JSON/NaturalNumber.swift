/// A whole number of any size, for exact arithmetic on decimal and binary fractions; at most some 5000 bits here.
struct NaturalNumber: Sendable {
    /// Digits to the base 2^32, the lowest first; the last one is not 0.
    private(set) var words: [UInt32]

    init(_ value: UInt64) {
        words = [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
        trim()
    }

    /// Reads decimal digits, 0 to 9, the first of which is not 0.
    init(digits: [UInt8]) {
        words = []
        var (chunk, scale): (UInt32, UInt32) = (0, 1)
        for digit in digits {
            chunk = chunk * 10 + UInt32(digit)
            scale *= 10
            if scale == 1_000_000_000 {
                multiply(by: scale, adding: chunk)
                (chunk, scale) = (0, 1)
            }
        }
        if scale > 1 { multiply(by: scale, adding: chunk) }
    }

    private mutating func trim() {
        while words.last == 0 { words.removeLast() }
    }

    var isZero: Bool { words.isEmpty }

    /// The number of binary digits.
    var bitCount: Int {
        guard let last = words.last else { return 0 }
        return words.count * 32 - last.leadingZeroBitCount
    }

    mutating func multiply(by factor: UInt32, adding summand: UInt32 = 0) {
        var carry = UInt64(summand)
        for index in 0..<words.count {
            carry += UInt64(words[index]) * UInt64(factor)
            words[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
        if carry > 0 { words.append(UInt32(truncatingIfNeeded: carry)) }
        trim()
    }

    mutating func multiply(byTenToThe exponent: Int) {
        var rest = exponent
        while rest >= 9 {
            multiply(by: 1_000_000_000)
            rest -= 9
        }
        while rest > 0 {
            multiply(by: 10)
            rest -= 1
        }
    }

    mutating func shiftLeft(_ count: Int) {
        guard count > 0, !isZero else { return }
        let bits = UInt64(count % 32)
        var carry: UInt64 = 0
        for index in 0..<words.count {
            carry |= UInt64(words[index]) << bits
            words[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
        if carry > 0 { words.append(UInt32(truncatingIfNeeded: carry)) }
        if count >= 32 { words.insert(contentsOf: [UInt32](repeating: 0, count: count / 32), at: 0) }
    }

    mutating func add(_ other: NaturalNumber) {
        var carry: UInt64 = 0
        for index in 0..<max(words.count, other.words.count) {
            if index < other.words.count { carry += UInt64(other.words[index]) }
            if index < words.count {
                carry += UInt64(words[index])
                words[index] = UInt32(truncatingIfNeeded: carry)
            } else {
                words.append(UInt32(truncatingIfNeeded: carry))
            }
            carry >>= 32
        }
        if carry > 0 { words.append(UInt32(truncatingIfNeeded: carry)) }
    }

    /// Takes away a number that is not larger.
    mutating func subtract(_ other: NaturalNumber) {
        var borrow: UInt64 = 0
        for index in 0..<words.count {
            let taken = borrow + (index < other.words.count ? UInt64(other.words[index]) : 0)
            let word = UInt64(words[index])
            borrow = word < taken ? 1 : 0
            words[index] = UInt32(truncatingIfNeeded: word &- taken)
        }
        trim()
    }

    /// Negative, 0 or positive, as the number is smaller than, equal to or larger than the other.
    func compared(with other: NaturalNumber) -> Int {
        if words.count != other.words.count { return words.count < other.words.count ? -1 : 1 }
        for index in stride(from: words.count - 1, through: 0, by: -1) where words[index] != other.words[index] {
            return words[index] < other.words[index] ? -1 : 1
        }
        return 0
    }
}

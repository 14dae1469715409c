/// A moment with millisecond precision, from year 0000 to 9999.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let milliseconds: Int64

    /// A moment by its distance from 1970; clamped to the years 0000 to 9999.
    public init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, Self.earliest), Self.latest)
    }

    private static let earliest: Int64 = -62_167_219_200_000
    private static let latest: Int64 = 253_402_300_799_999

    /// Reads `YYYY-MM-DDTHH:MM[:SS[.f…]]` with `Z` or `±HH:MM` behind it; digits past the third are cut (EVT-9).
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(0..<bytes.count, in: bytes.span)
    }

    /// Reads a time stamp from ASCII bytes, as above.
    ///
    /// - Complexity: O(n); doesn't allocate.
    init?(_ range: Range<Int>, in bytes: Span<UInt8>) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        guard let year = reader.digits(4, in: bytes), reader.take("-", in: bytes),
            let month = reader.digits(2, in: bytes), reader.take("-", in: bytes),
            let day = reader.digits(2, in: bytes), reader.take("T", in: bytes), let hour = reader.digits(2, in: bytes),
            reader.take(":", in: bytes), let minute = reader.digits(2, in: bytes), (1...12).contains(month),
            (1...Self.days(inMonth: month, year: year)).contains(day), hour < 24, minute < 60
        else { return nil }
        var second = 0
        var millisecond = 0
        if reader.take(":", in: bytes) {
            guard let value = reader.digits(2, in: bytes), value < 60 else { return nil }
            second = value
            if reader.take(".", in: bytes) {
                guard let value = reader.fraction(in: bytes) else { return nil }
                millisecond = value
            }
        }
        guard let offset = reader.offset(in: bytes), reader.isAtEnd else { return nil }
        let days = Int64(Self.days(beforeYear: year, month: month, day: day))
        let minutes = (days * 24 + Int64(hour)) * 60 + Int64(minute - offset)
        let total = (minutes * 60 + Int64(second)) * 1000 + Int64(millisecond)
        guard (Self.earliest...Self.latest).contains(total) else { return nil }
        self.milliseconds = total
    }

    /// The moment as `YYYY-MM-DDTHH:MM:SS.mmmZ`; later moments have greater texts.
    public var text: String {
        // Euclidean division: moments before 1970 count up from the start of their day.
        // Both quotients are far below 2^31, also where `Int` has 32 bits.
        var days = Int(milliseconds / 86_400_000)
        var rest = Int(milliseconds % 86_400_000)
        if rest < 0 {
            rest += 86_400_000
            days -= 1
        }
        let (year, month, day) = Self.date(days: days)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        bytes.appendDecimal(year, width: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.appendDecimal(month, width: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.appendDecimal(day, width: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.appendDecimal(rest / 3_600_000, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDecimal(rest / 60_000 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDecimal(rest / 1000 % 60, width: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.appendDecimal(rest % 1000, width: 3)
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether one moment is before another.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    // MARK: Calendar

    private static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01, with years that start in March so that the leap day comes last.
    private static func days(beforeYear year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    // MARK: Reading

    private struct Reader {
        var position: Int
        let end: Int

        var isAtEnd: Bool { position == end }

        mutating func take(_ character: Unicode.Scalar, in bytes: Span<UInt8>) -> Bool {
            guard position < end, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func digit(in bytes: Span<UInt8>) -> Int? {
            guard position < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) else { return nil }
            position += 1
            return Int(bytes[position - 1] - UInt8(ascii: "0"))
        }

        mutating func digits(_ count: Int, in bytes: Span<UInt8>) -> Int? {
            var value = 0
            for _ in 0..<count {
                guard let digit = digit(in: bytes) else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// One digit or more; the first three as milliseconds.
        mutating func fraction(in bytes: Span<UInt8>) -> Int? {
            guard var value = digit(in: bytes) else { return nil }
            var count = 1
            while let digit = digit(in: bytes) {
                if count < 3 { value = value * 10 + digit }
                count += 1
            }
            while count < 3 {
                value *= 10
                count += 1
            }
            return value
        }

        /// Minutes east of UTC.
        mutating func offset(in bytes: Span<UInt8>) -> Int? {
            if take("Z", in: bytes) { return 0 }
            let isEast = take("+", in: bytes)
            guard isEast || take("-", in: bytes), let hours = digits(2, in: bytes), take(":", in: bytes),
                let minutes = digits(2, in: bytes), hours < 24, minutes < 60
            else { return nil }
            return (isEast ? 1 : -1) * (hours * 60 + minutes)
        }
    }
}

extension [UInt8] {
    /// Appends a non-negative number with leading zeros.
    fileprivate mutating func appendDecimal(_ value: Int, width: Int) {
        let start = count
        for _ in 0..<width { append(UInt8(ascii: "0")) }
        var rest = value
        for place in stride(from: count - 1, through: start, by: -1) {
            self[place] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}

import FoundationEssentials

/// The value of `Date`, made once a second.
struct HTTPDate {
    private var second = Int.min
    private var text = ""

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The time of day in the form that HTTP wants (RFC 9110, 5.6.7).
    mutating func now() -> String {
        let now = Int(Date().timeIntervalSince1970)
        if now != second {
            second = now
            text = Self.text(seconds: now)
        }
        return text
    }

    /// - Parameter seconds: since 1970-01-01T00:00:00Z; not negative.
    static func text(seconds: Int) -> String {
        let days = seconds / 86_400
        let time = seconds % 86_400
        // Years that begin in March, so that the leap day is the last one.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        let name = "\(Self.days[days % 7]), \(two(day)) \(Self.months[(month + 2) % 12]) \(year)"
        return "\(name) \(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

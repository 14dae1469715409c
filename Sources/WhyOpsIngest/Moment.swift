import FoundationEssentials
import WhyOps

/// Times of day as events carry them.
enum Moment {
    static var now: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    static func text(daysAgo days: Int) -> String {
        Timestamp(milliseconds: now.milliseconds - Int64(days) * 86_400_000).text
    }
}

import FoundationEssentials
import WhyOps

/// Reads `Retry-After` (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// The time to wait: from seconds, or from a date as HTTP writes dates today; other texts say nothing.
    static func duration(_ text: String?, now: Date) -> Duration? {
        guard let text, !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // More digits are more than any limit of ours.
            return .seconds(text.utf8.count > 9 ? 1_000_000_000 : Int(text) ?? 0)
        }
        guard let date = moment(text) else { return nil }
        let milliseconds = Double(date.milliseconds) - now.timeIntervalSince1970 * 1000
        return .milliseconds(max(0, Int(milliseconds.rounded(.up))))
    }

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func moment(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[0].count == 4, parts[0].last == ",", parts[5] == "GMT", parts[1].count == 2,
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        return Timestamp("\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
    }
}

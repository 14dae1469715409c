public import FoundationEssentials
import WhyOps

/// A moment as events carry it: RFC 3339 text.
public struct EventTime: Sendable, Hashable {
    /// The text as it is sent.
    public let text: String

    /// A moment that is written already, such as `2026-03-28T10:15:30Z`; the service says if it is none.
    public init(_ text: String) {
        self.text = text
    }

    /// A date, to the millisecond.
    public init(_ date: Date) {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded(.down)
        // Only what `Int64` holds can be converted; `Timestamp` clamps to the years that have four digits.
        self.text = Timestamp(milliseconds: Int64(exactly: milliseconds) ?? (milliseconds < 0 ? .min : .max)).text
    }
}

extension EventTime: ExpressibleByStringLiteral {
    /// A moment that is written already.
    public init(stringLiteral text: String) { self.init(text) }
}

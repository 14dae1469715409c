/// Something in a store that should not be so.
package struct StoreFinding: Sendable, Hashable {
    /// What it is about, such as `trace.event-count`.
    package let code: String
    /// Where it is: a row, as its table and its key.
    package let place: String
    /// What was found, and what was expected.
    package let message: String

    init(_ code: String, _ place: String, _ message: String) {
        self.code = code
        self.place = place
        self.message = message
    }
}

/// What looking over a store has found (STO-40).
package struct StoreReport: Sendable, Hashable {
    /// `sqlite` or `postgresql`.
    package internal(set) var engine: String
    /// The last step that brought its tables up to date.
    package internal(set) var version: String
    /// Whether that is this program's; of another one only the engine's own checks are made.
    package internal(set) var isCurrent: Bool
    package internal(set) var traces = 0
    package internal(set) var events = 0
    /// The first thousand.
    package internal(set) var findings: [StoreFinding] = []
    package internal(set) var findingCount = 0

    package var isSound: Bool { findingCount == 0 }

    init(engine: String, version: String, isCurrent: Bool) {
        self.engine = engine
        self.version = version
        self.isCurrent = isCurrent
    }

    mutating func add(_ more: [StoreFinding]) {
        findings += more.prefix(max(0, 1000 - findings.count))
        findingCount += more.count
    }
}

/// How far long work is: parts of a whole.
package struct StoreProgress: Sendable, Hashable {
    package let done: Int
    package let total: Int
}

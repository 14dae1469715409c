/// How much of a project is kept; `nil` is everything.
package struct RetentionLimits: Sendable, Hashable {
    /// Seconds since a trace's last event was stored.
    package var age: Double?
    /// Bytes of events (STO-23).
    package var bytes: Int?

    package init(age: Double? = nil, bytes: Int? = nil) {
        self.age = age
        self.bytes = bytes
    }
}

/// What a project says about one of its limits.
package enum RetentionChoice<Value: Sendable & Hashable>: Sendable, Hashable {
    /// What the services say.
    case standard
    /// Everything is kept, whatever the services say.
    case unlimited
    case limit(Value)

    func limit(else standard: Value?) -> Value? {
        switch self {
        case .standard: standard
        case .unlimited: nil
        case .limit(let value): value
        }
    }
}

/// How much of a project is kept, as it says itself.
package struct ProjectRetention: Sendable, Hashable {
    package var age: RetentionChoice<Double>
    package var bytes: RetentionChoice<Int>

    package init(age: RetentionChoice<Double> = .standard, bytes: RetentionChoice<Int> = .standard) {
        self.age = age
        self.bytes = bytes
    }

    package func limits(else standard: RetentionLimits) -> RetentionLimits {
        RetentionLimits(age: age.limit(else: standard.age), bytes: bytes.limit(else: standard.bytes))
    }
}

/// What a run of retention has removed.
package struct RetentionReport: Sendable, Hashable {
    package var traces = 0
    package var events = 0
    package var deadLetters = 0
    /// Seconds by which the clock is ahead of the time that is believed (STO-24).
    package var clockLead = 0.0

    package init() {}

    package var isEmpty: Bool { traces == 0 && events == 0 && deadLetters == 0 }
}

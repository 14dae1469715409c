/// What became of one case.
public struct CaseResult: Sendable, Equatable {
    /// How a case ended (`Conformance/README.md`, "Results").
    public enum Status: String, Sendable, CaseIterable {
        case pass
        case fail
        case error
        case skipped
        case unsupported
        case xfail
        case xpass

        /// Whether it makes the run fail.
        public var isFinding: Bool { self == .fail || self == .error || self == .xpass }
    }

    /// The id of the case.
    public let id: String
    /// The class whose verdict it counts for.
    public let conformanceClass: ConformanceClass
    /// Whether the class can be passed without it.
    public let isOptional: Bool
    /// How it ended.
    public var status: Status
    /// Why, for a person; `nil` where there is nothing to say.
    public var detail: String?

    /// Creates a result.
    public init(
        id: String,
        conformanceClass: ConformanceClass,
        isOptional: Bool,
        status: Status,
        detail: String? = nil
    ) {
        self.id = id
        self.conformanceClass = conformanceClass
        self.isOptional = isOptional
        self.status = status
        self.detail = detail
    }

    init(_ subject: ConformanceCase, _ status: Status, _ detail: String? = nil) {
        self.init(
            id: subject.id,
            conformanceClass: subject.conformanceClass,
            isOptional: !subject.features.isEmpty,
            status: status,
            detail: detail
        )
    }

    init(_ subject: ConformanceCase, judged verdict: Verdict) {
        switch verdict {
        case .pass: self.init(subject, .pass)
        case .fail(let detail): self.init(subject, .fail, detail)
        case .skipped(let reason): self.init(subject, .skipped, reason)
        }
    }
}

/// What a run showed.
public struct ConformanceReport: Sendable {
    /// What is said of a class.
    public enum ClassVerdict: String, Sendable {
        /// Every required case passed.
        case passed
        /// A required case did not.
        case failed
        /// Not all required cases were asked.
        case incomplete
    }

    /// The figures of a class.
    public struct ClassSummary: Sendable, Equatable {
        /// The class.
        public let name: ConformanceClass
        /// What can be claimed.
        public let verdict: ClassVerdict
        /// Required cases: how many passed, of how many that the suite has.
        public let required: (passed: Int, total: Int)
        /// Optional cases, likewise.
        public let optional: (passed: Int, total: Int)

        /// Whether every figure is the same.
        public static func == (left: Self, right: Self) -> Bool {
            left.name == right.name && left.verdict == right.verdict && left.required == right.required
                && left.optional == right.optional
        }
    }

    /// The version of the suite.
    public let suite: String
    /// The version of the spec that was asked about.
    public let spec: String
    /// What the implementation said of itself; `null` where it never did.
    public let introduction: JSON
    /// The results in the order of the suite.
    public let results: [CaseResult]
    /// The classes that the run was about.
    public let classes: [ClassSummary]
    /// How long it took, in milliseconds.
    public let milliseconds: Int

    /// Makes a report.
    ///
    /// - Parameter totals: the cases of the suite for this spec, also those that were not run.
    public init(
        suite: String,
        spec: String,
        introduction: JSON?,
        results: [CaseResult],
        totals: [ConformanceCase],
        milliseconds: Int
    ) {
        self.suite = suite
        self.spec = spec
        self.introduction = introduction ?? .null
        self.results = results
        self.milliseconds = milliseconds
        let known = totals.map { CaseResult($0, .skipped) }
        self.classes = ConformanceClass.allCases.compactMap { Self.summary($0, results, known) }
    }

    private static func summary(
        _ name: ConformanceClass,
        _ results: [CaseResult],
        _ known: [CaseResult]
    ) -> ClassSummary? {
        let mine = results.filter { $0.conformanceClass == name }
        guard !mine.isEmpty else { return nil }
        let all = known.filter { $0.conformanceClass == name }
        func count(_ isOptional: Bool) -> (passed: Int, total: Int) {
            let passed = mine.count { $0.isOptional == isOptional && $0.status == .pass }
            let total = max(all.count { $0.isOptional == isOptional }, mine.count { $0.isOptional == isOptional })
            return (passed, total)
        }
        let required = count(false)
        let isWrong = mine.contains { !$0.isOptional && ($0.status.isFinding || $0.status == .xfail) }
        let verdict: ClassVerdict = isWrong ? .failed : required.passed == required.total ? .passed : .incomplete
        return ClassSummary(name: name, verdict: verdict, required: required, optional: count(true))
    }

    /// How many cases ended so.
    public func count(_ status: CaseResult.Status) -> Int { results.count { $0.status == status } }

    /// Whether nothing is to be reported.
    public var isClean: Bool { !results.contains { $0.status.isFinding } }

    /// `name version`, for a person.
    public var implementation: String {
        let block = introduction["implementation"]
        guard let name = block?["name"]?.text, let version = block?["version"]?.text else { return "unknown" }
        return "\(name) \(version)"
    }
}

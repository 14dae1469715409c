import Synchronization

/// Asks an implementation about cases and collects what becomes of them.
package struct ConformanceRunner: Sendable {
    /// After so many failures without an answer between them the rest is not asked.
    package static let maximumFailuresInARow = 20

    private let launcher: any TesteeLauncher
    private let patience: Duration
    private let cuts: CasePlan.Cuts
    private let start: [UInt8]

    /// Creates a runner.
    ///
    /// - Parameters:
    ///   - patience: how long a testee may say nothing while it owes an answer.
    ///   - suite: the version of the suite, which the testee is told.
    package init(
        _ launcher: any TesteeLauncher,
        suite: String,
        spec: SpecVersion,
        patience: Duration = .seconds(5),
        cuts: CasePlan.Cuts = .some
    ) {
        self.launcher = launcher
        self.patience = patience
        self.cuts = cuts
        self.start =
            JSON.object([
                .init("cmd", .text("start")), .init("protocol", .integer(1)), .init("suite", .text(suite)),
                .init("spec", .text(spec.description)),
            ]).written() + [0x0A]
    }

    /// What a run gives.
    package struct Outcome: Sendable {
        /// What the testee said of itself; `nil` where it never did.
        package var introduction: JSON?
        /// One result for each case, in order.
        package var results: [CaseResult] = []

        /// Nothing yet.
        package init() {}

        init(introduction: JSON?, results: [CaseResult]) {
            self.introduction = introduction
            self.results = results
        }
    }

    /// Runs the cases, with so many testees side by side.
    package func run(
        _ cases: [ConformanceCase],
        jobs: Int = 1,
        progress: @Sendable @escaping (_ finished: Int) -> Void = { _ in }
    ) async -> Outcome {
        let jobs = max(1, min(jobs, cases.count))
        var outcomes = [Outcome](repeating: Outcome(), count: jobs)
        await withTaskGroup(of: (Int, Outcome).self) { group in
            for job in 0..<jobs {
                let share = cases[(cases.count * job / jobs)..<(cases.count * (job + 1) / jobs)]
                group.addTask { (job, await runOne(share, progress)) }
            }
            for await (job, outcome) in group { outcomes[job] = outcome }
        }
        return Outcome(
            introduction: outcomes.lazy.compactMap(\.introduction).first,
            results: outcomes.flatMap(\.results)
        )
    }

    private func runOne(
        _ cases: ArraySlice<ConformanceCase>,
        _ progress: @Sendable (_ finished: Int) -> Void
    ) async -> Outcome {
        var outcome = Outcome()
        var rest = cases
        var failures = 0
        while !rest.isEmpty {
            guard failures < Self.maximumFailuresInARow else {
                outcome.results += rest.map {
                    CaseResult($0, .error, "not asked: it failed \(failures) times in a row")
                }
                break
            }
            let life = await live(rest)
            outcome.introduction = outcome.introduction ?? life.introduction
            var results = life.results
            if let failure = life.failure, results.count < rest.count {
                results.append(CaseResult(rest[rest.startIndex + results.count], .error, failure))
                failures = life.results.isEmpty ? failures + 1 : 1
            }
            outcome.results += results
            rest = rest.dropFirst(results.count)
            progress(results.count)
        }
        return outcome
    }

    /// What one life of the testee gave: results of the first cases, and why it ended before the last.
    private struct Life: Sendable {
        var introduction: JSON?
        var results: [CaseResult] = []
        var failure: String?
    }

    /// Some cases at a time, so that their requests need not all be in memory.
    private static let casesInALife = 512

    private func live(_ cases: ArraySlice<ConformanceCase>) async -> Life {
        let cases = cases.prefix(Self.casesInALife)
        let plans = cases.map { CasePlan($0, cuts: cuts) }
        let outcome: TesteeSession.Outcome
        do {
            outcome = try await converse { Self.requests(plans, Self.features($0)) }
        } catch {
            return Life(failure: "it could not be started: \(error)")
        }
        guard let introduction = outcome.introduction else {
            return Life(failure: outcome.failure ?? "it did not answer start")
        }
        var life = Life(introduction: introduction, failure: outcome.failure)
        let features = Self.features(introduction)
        var answers = outcome.answers[...]
        for (subject, plan) in zip(cases, plans) {
            guard subject.features.isSubset(of: features) else {
                let missing = subject.features.subtracting(features).sorted().joined(separator: ", ")
                life.results.append(CaseResult(subject, .unsupported, "needs \(missing)"))
                continue
            }
            guard let plan else {
                life.results.append(CaseResult(subject, .error, "the runner does not know \(subject.operation)"))
                continue
            }
            let mine = answers.prefix(plan.inputs.count)
            guard mine.count == plan.inputs.count else { break }
            answers = answers.dropFirst(mine.count)
            life.results.append(CaseResult(subject, judged: plan.verdict(on: Array(mine))))
        }
        return life
    }

    /// The answers to one case, unjudged; `nil` where the testee does not give them all.
    package func answers(to plan: CasePlan) async -> [TesteeAnswer]? {
        let outcome = try? await converse { _ in
            Self.requests([plan], plan.subject.features)
        }
        return outcome?.answers.count == plan.inputs.count ? outcome?.answers : nil
    }

    /// One life of the testee.
    private func converse(
        _ makeRequests: @escaping @Sendable (_ introduction: JSON) -> [TesteeSession.Request]
    ) async throws -> TesteeSession.Outcome {
        let (patience, start) = (patience, start)
        let told = Mutex(TesteeSession.Outcome())
        try await launcher.launch { connection in
            let session = TesteeSession(connection: connection, patience: patience, start: start)
            let outcome = await session.run(makeRequests)
            told.withLock { $0 = outcome }
        }
        return told.withLock { $0 }
    }

    private static func features(_ introduction: JSON) -> Set<String> {
        Set(introduction["features"]?.array.compactMap(\.text) ?? [])
    }

    private static func requests(_ plans: [CasePlan?], _ features: Set<String>) -> [TesteeSession.Request] {
        var requests: [TesteeSession.Request] = []
        for plan in plans {
            guard let plan, plan.subject.features.isSubset(of: features) else { continue }
            for input in plan.inputs {
                requests.append(
                    .init(sequence: requests.count + 1, operation: plan.subject.operation, input: input)
                )
            }
        }
        return requests
    }
}

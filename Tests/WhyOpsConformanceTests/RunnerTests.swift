import Testing

@testable import WhyOpsConformance

/// The runner with testees that misbehave.
struct RunnerTests {
    /// Cases that expect the texts `1`, `2` and so on to be stripped to themselves.
    static func cases(_ count: Int) throws -> [ConformanceCase] {
        try (1...count).map { number in
            let json = try #require(
                JSON(
                    Array(
                        #"{"id":"signature/strip/\#(number)","input":{"text":"\#(number)"},"expect":{"output":{"text":"\#(number)"}}}"#
                            .utf8
                    )
                )
            )
            return try #require(ConformanceCase(json, operation: "signature.strip"))
        }
    }

    private func run(
        _ testee: ScriptedTestee,
        _ cases: [ConformanceCase],
        patience: Duration = .seconds(60),
        jobs: Int = 1
    ) async throws -> [CaseResult] {
        let spec = try #require(SpecVersion("1.0"))
        let runner = ConformanceRunner(testee, suite: "1.0.0", spec: spec, patience: patience)
        return await runner.run(cases, jobs: jobs).results
    }

    /// The right answer to a line: the text as it came.
    private static func echo(_ line: String) -> ScriptedTestee.Reaction {
        let json = JSON(Array(line.utf8))
        let text = json?["input"]?["text"]?.text ?? ""
        return .say(#"{"seq":\#(json?["seq"]?.integer ?? 0),"output":{"text":"\#(text)"}}"#)
    }

    private static func isAbout(_ line: String, _ text: String) -> Bool { line.contains(#""text":"\#(text)""#) }

    @Test(arguments: [1, 3])
    func rightAnswersPass(jobs: Int) async throws {
        let cases = try Self.cases(200)
        let results = try await run(.proper { line, _ in Self.echo(line) }, cases, jobs: jobs)
        #expect(results.map(\.id) == cases.map(\.id))
        #expect(results.allSatisfy { $0.status == .pass })
    }

    @Test func wrongAnswerFailsAlone() async throws {
        let testee = ScriptedTestee.proper { line, _ in
            Self.isAbout(line, "3") ? .say(#"{"seq":3,"output":{"text":"x"}}"#) : Self.echo(line)
        }
        let results = try await run(testee, Self.cases(5))
        #expect(results.map(\.status) == [.pass, .pass, .fail, .pass, .pass])
        #expect(results[2].detail == "text: differs at byte 0 (1 bytes, expected 1): 78, expected 33")
        #expect(testee.lives.value == 1)
    }

    @Test func deadTesteeIsStartedAgain() async throws {
        let testee = ScriptedTestee.proper { line, _ in Self.isAbout(line, "3") ? .die : Self.echo(line) }
        let results = try await run(testee, Self.cases(5))
        #expect(results.map(\.status) == [.pass, .pass, .error, .pass, .pass])
        #expect(results[2].detail == "it ended: a last word")
        #expect(testee.lives.value == 2)
    }

    @Test func silentTesteeIsStartedAgain() async throws {
        let testee = ScriptedTestee.proper { line, _ in Self.isAbout(line, "2") ? .fallSilent : Self.echo(line) }
        let results = try await run(testee, Self.cases(3), patience: .milliseconds(300))
        #expect(results.map(\.status) == [.pass, .error, .pass])
        #expect(results[1].detail?.hasPrefix("no answer for ") == true)
    }

    @Test(arguments: [
        "not JSON", "{}", "[]", #"{"seq":2}"#, #"{"seq":9,"output":{}}"#, #"{"seq":2,"output":"text"}"#,
        #"{"output":{"text":"2"}}"#,
    ])
    func whatIsNoAnswerIsAnError(_ garbage: String) async throws {
        let testee = ScriptedTestee.proper { line, _ in Self.isAbout(line, "2") ? .say(garbage) : Self.echo(line) }
        let results = try await run(testee, Self.cases(3))
        #expect(results.map(\.status) == [.pass, .error, .pass])
        #expect(results[1].detail?.contains("no answer to seq 2") == true)
    }

    @Test func skippedIsItsOwnStatus() async throws {
        let testee = ScriptedTestee.proper { line, _ in
            Self.isAbout(line, "1") ? .say(#"{"seq":1,"skipped":"later"}"#) : Self.echo(line)
        }
        let results = try await run(testee, Self.cases(2))
        #expect(results.map(\.status) == [.skipped, .pass])
        #expect(results[0].detail == "later")
    }

    @Test(arguments: ["what?", "{}", #"{"protocol":2,"implementation":{"name":"a","version":"1"}}"#])
    func whoDoesNotIntroduceItselfIsGivenUp(_ greeting: String) async throws {
        let testee = ScriptedTestee { _, _ in .say(greeting) }
        let cases = try Self.cases(30)
        let results = try await run(testee, cases)
        #expect(results.count == 30)
        #expect(results.allSatisfy { $0.status == .error })
        #expect(testee.lives.value == ConformanceRunner.maximumFailuresInARow)
        #expect(results[29].detail?.hasPrefix("not asked") == true)
    }

    @Test func missingFeatureIsUnsupported() async throws {
        let json = try #require(
            JSON(
                Array(
                    #"{"id":"signature/strip/h","input":{"text":{"hex":"ff"}},"expect":{"output":{"text":{"hex":"ff"}}}}"#
                        .utf8
                )
            )
        )
        let subject = try #require(ConformanceCase(json, operation: "signature.strip"))
        let lacking = ScriptedTestee.proper { _, _ in .die }
        #expect(try await run(lacking, [subject]).map(\.status) == [.unsupported])
        let having = ScriptedTestee.proper(features: #""bytes""#) { _, _ in
            .say(#"{"seq":1,"output":{"text":{"hex":"FF"}}}"#)
        }
        #expect(try await run(having, [subject]).map(\.status) == [.pass])
    }
}

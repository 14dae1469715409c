import Synchronization
import Testing

@testable import WhyOpsStore

/// What a slow source said, over a source and a clock that the test holds (PRX-33).
struct RecentAnswersTests {
    private final class Source: Sendable {
        struct State {
            var now = ContinuousClock.now
            var answer: Int? = 1
            var questions = 0
        }

        let state = Mutex(State())

        func pass(_ seconds: Double) { state.withLock { $0.now += .seconds(seconds) } }
        func answer(_ value: Int?) { state.withLock { $0.answer = value } }
        var questions: Int { state.withLock { $0.questions } }

        func answers(capacity: Int = 100) -> RecentAnswers<String, Int> {
            RecentAnswers(capacity: capacity, now: { self.state.withLock { $0.now } }) { _ in
                try self.state.withLock { state in
                    state.questions += 1
                    guard let answer = state.answer else { throw CancellationError() }
                    return answer
                }
            }
        }
    }

    @Test func anAnswerIsUsedForFiveSeconds() async throws {
        let source = Source()
        let answers = source.answers()
        #expect(answers.known("k") == nil)
        #expect(try await answers.value("k") == 1)
        source.answer(2)
        source.pass(2.5)
        #expect(answers.known("k") == 1)
        #expect(source.questions == 1)
        source.pass(2.5)
        #expect(answers.known("k") == nil)
        #expect(try await answers.value("k") == 2)
    }

    @Test func whoAsksOftenNeverWaits() async throws {
        let source = Source()
        let answers = source.answers()
        _ = try await answers.value("k")
        source.answer(2)
        source.pass(3)
        // Still the old one, while the new one is asked for.
        #expect(answers.known("k") == 1)
        var isNew = false
        for _ in 0..<100_000 where !isNew {
            isNew = answers.known("k") == 2
            await Task.yield()
        }
        #expect(isNew)
        #expect(source.questions == 2)
    }

    @Test func aSourceThatFailsIsBelievedForAMinute() async throws {
        let source = Source()
        let answers = source.answers()
        _ = try await answers.value("k")
        source.answer(nil)
        source.pass(59)
        #expect(try await answers.value("k") == 1)
        source.pass(1)
        await #expect(throws: CancellationError.self) { try await answers.value("k") }
        await #expect(throws: CancellationError.self) { try await answers.value("unknown") }
        source.answer(3)
        #expect(try await answers.value("k") == 3)
    }

    @Test func manyWhoAskAtOnceAskOnce() async throws {
        let source = Source()
        let answers = source.answers()
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 { group.addTask { try await answers.value("k") } }
            for try await value in group { #expect(value == 1) }
        }
        #expect(source.questions == 1)
    }

    @Test func whatIsRememberedIsBounded() async throws {
        let source = Source()
        let answers = source.answers(capacity: 10)
        for number in 0..<1000 { _ = try await answers.value("\(number)") }
        let known = (0..<1000).count { answers.known("\($0)") != nil }
        #expect((1...11).contains(known))
        #expect(answers.known("999") == 1)
    }
}

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

    /// A source that answers nobody until it is let go.
    private final class Gate: Sendable {
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]?>(nil)

        func shut() { waiting.withLock { $0 = [] } }

        func open() {
            let all = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting ?? []
            }
            for one in all { one.resume() }
        }

        func pass() async {
            await withCheckedContinuation { continuation in
                let isShut = waiting.withLock { waiting in
                    waiting?.append(continuation)
                    return waiting != nil
                }
                if !isShut { continuation.resume() }
            }
        }
    }

    /// PRX-151: the clock of the test says how old answers are; how long somebody waits is told by the real one.
    @Test func aSourceThatHangsIsOneThatFails() async throws {
        let source = Source()
        let gate = Gate()
        var times = RecentAnswers<String, Int>.Times()
        times.patience = .milliseconds(50)
        let answers = RecentAnswers<String, Int>(
            times: times,
            capacity: 100,
            now: { source.state.withLock { $0.now } },
            ask: { _ in
                await gate.pass()
                return source.state.withLock { state in
                    state.questions += 1
                    return state.answer ?? 0
                }
            }
        )
        #expect(try await answers.value("k") == 1)
        gate.shut()
        source.answer(2)
        source.pass(10)
        // What was known goes on, for who waits first and for who comes later, and nothing else is known.
        #expect(try await answers.value("k") == 1)
        source.pass(10)
        #expect(try await answers.value("k") == 1)
        await #expect(throws: StoreError.self) { try await answers.value("unknown") }
        source.pass(40)
        await #expect(throws: StoreError.self) { try await answers.value("k") }
        #expect(source.questions == 1)
        gate.open()
        var isNew = false
        for _ in 0..<1_000_000 where !isNew {
            isNew = (try? await answers.value("k")) == 2
            await Task.yield()
        }
        #expect(isNew)
    }

    @Test func aSourceThatHangsGathersNoQuestionsWithoutBound() async throws {
        let gate = Gate()
        gate.shut()
        let asked = Mutex(0)
        var times = RecentAnswers<String, Int>.Times()
        times.patience = .milliseconds(1)
        let answers = RecentAnswers<String, Int>(times: times, capacity: 100) { _ in
            asked.withLock { $0 += 1 }
            await gate.pass()
            return 1
        }
        for number in 0..<1200 {
            await #expect(throws: StoreError.self) { try await answers.value("\(number)") }
        }
        #expect(asked.withLock { $0 } <= 1000)
        gate.open()
    }
}

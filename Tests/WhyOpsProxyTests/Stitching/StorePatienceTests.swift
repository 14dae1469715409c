import Synchronization
import Testing

@testable import WhyOpsProxy

/// How long a request waits for the store (TRC-6, TRC-50).
struct StorePatienceTests {
    private struct Failure: Error {}

    /// A store that answers nobody until it is told to, whatever becomes of those who wait.
    private final class Silence: Sendable {
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

        func wait() async {
            await withCheckedContinuation { continuation in waiting.withLock { $0.append(continuation) } }
        }

        /// Answers, once as many are waiting; more than these must not be.
        func end(_ count: Int) async {
            while waiting.withLock({ $0.count }) < count { await Task.yield() }
            let all = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for one in all { one.resume() }
            #expect(all.count == count)
        }
    }

    @Test func whatComesInTimeIsTheAnswer() async {
        let patience = StorePatience(limit: .seconds(3600))
        #expect(await patience.answer(of: { 7 }) == 7)
        #expect(await patience.answer(of: { () async throws -> Int in throw Failure() }) == nil)
        let slow = await patience.answer(of: {
            for _ in 0..<100 { await Task.yield() }
            return 8
        })
        #expect(slow == 8)
    }

    @Test func aStoreThatHangsIsLeftAlone() async {
        let store = Silence()
        let answer = await StorePatience(limit: .milliseconds(20)).answer(of: {
            await store.wait()
            return 7
        })
        // It is still waiting, and neither its cancellation nor its answer was waited for.
        #expect(answer == nil)
        await store.end(1)
    }

    @Test func aStoreThatHangsGathersNoLookUps() async {
        let store = Silence()
        let patience = StorePatience(limit: .milliseconds(5), maximumOpen: 2)
        for _ in 0..<4 {
            let answer = await patience.answer(of: {
                await store.wait()
                return 7
            })
            #expect(answer == nil)
        }
        await store.end(2)
        // When it answers again it is asked again.
        while await patience.answer(of: { 8 }) == nil { await Task.yield() }
    }

    @Test func aLookUpThatCanBeBrokenOffIs() async {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let answer = await StorePatience(limit: .milliseconds(20)).answer(of: {
            try await withTaskCancellationHandler {
                try await Task.sleep(for: .seconds(3600))
                return 7
            } onCancel: {
                end.finish()
            }
        })
        #expect(answer == nil)
        for await _ in ends {}
    }
}

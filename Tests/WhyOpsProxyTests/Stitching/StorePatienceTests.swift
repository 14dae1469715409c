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

        func end() -> Int {
            let all = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for one in all { one.resume() }
            return all.count
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
        #expect(store.end() == 1)
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

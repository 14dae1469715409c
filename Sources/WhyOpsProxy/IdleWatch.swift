import AsyncHTTPClient
import NIOCore
import Synchronization

/// Ends work on a reply whose upstream sends nothing for too long. Time in which the client is slow does not count.
final class IdleWatch: Sendable {
    private struct State {
        var waitingSince: ContinuousClock.Instant?
        var hasExpired = false
    }

    private let limit: Duration
    private let state = Mutex(State())

    /// - Parameter seconds: how long an upstream may be silent in the middle of a reply.
    init(seconds: Double) {
        limit = .seconds(seconds)
    }

    /// Whether the work was ended because the upstream was silent.
    var hasExpired: Bool { state.withLock { $0.hasExpired } }

    /// Does the work, and cancels it when the upstream has been silent for too long.
    func guarding(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            group.addTask { await self.expire() }
            await group.next()
            group.cancelAll()
        }
    }

    /// The next piece of a reply; `nil` at its end.
    func next(_ iterator: inout HTTPClientResponse.Body.AsyncIterator) async throws -> ByteBuffer? {
        state.withLock { $0.waitingSince = .now }
        defer { state.withLock { $0.waitingSince = nil } }
        return try await iterator.next(isolation: #isolation)
    }

    /// A whole reply.
    ///
    /// - Throws: `ReplyTooLarge` beyond the limit.
    func collect(_ body: HTTPClientResponse.Body, upTo maximum: Int) async throws -> [UInt8] {
        var iterator = body.makeAsyncIterator()
        var bytes: [UInt8] = []
        while let buffer = try await next(&iterator) {
            guard bytes.count + buffer.readableBytes <= maximum else { throw ReplyTooLarge() }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }

    /// Returns when one wait has lasted for the limit, or when it is cancelled.
    private func expire() async {
        while !Task.isCancelled {
            let since = state.withLock { $0.waitingSince }
            try? await Task.sleep(until: (since ?? .now) + limit, clock: .continuous)
            if Task.isCancelled { return }
            let isOver = state.withLock { state in
                // A wait that began while this slept is looked at anew.
                if let since, state.waitingSince == since { state.hasExpired = true }
                return state.hasExpired
            }
            if isOver { return }
        }
    }
}

/// A reply with more bytes than are read whole.
struct ReplyTooLarge: Error {}

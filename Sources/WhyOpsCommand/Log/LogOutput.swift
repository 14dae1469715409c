import Dispatch
import Synchronization

/// Where the lines of the log go, on a thread of their own: who reads them slowly, or not at all, holds no request back.
final class LogOutput: Sendable {
    static let standardError = LogOutput { Terminal.log($0) }

    private struct State {
        /// Bytes that wait to be written.
        var waiting = 0
        var lost = 0
    }

    /// How much waits at most, in bytes; what does not fit is counted.
    private static let limit = 1 << 20

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "whyops.log")
    private let sink: @Sendable ([UInt8]) -> Void

    init(sink: @escaping @Sendable ([UInt8]) -> Void) {
        self.sink = sink
    }

    /// Takes a line; it never waits.
    ///
    /// - Parameter lost: makes the line that tells how many were lost.
    func write(_ line: [UInt8], lost: @escaping @Sendable (Int) -> [UInt8]) {
        let fits = state.withLock { state in
            guard state.waiting + line.count <= Self.limit else {
                state.lost += 1
                return false
            }
            state.waiting += line.count
            return true
        }
        if fits { queue.async { self.put(line, lost) } }
    }

    private func put(_ line: [UInt8], _ told: (Int) -> [UInt8]) {
        sink(line)
        let lost = state.withLock { state in
            state.waiting -= line.count
            defer { state.lost = 0 }
            return state.lost
        }
        if lost > 0 { sink(told(lost)) }
    }

    /// Waits until what was taken is written, but no longer than that.
    func flush(seconds: Int) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + .seconds(seconds))
    }
}

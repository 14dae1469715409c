import Foundation

/// Measures things side by side: in every round each body in turn, so that what else the machine does meets all of them.
enum Measure {
    /// The median of a body's nanoseconds for one call, over some rounds.
    ///
    /// - Parameters:
    ///   - calls: how many calls of a body one measurement takes at least.
    ///   - bodies: each gets the number of the call.
    static func nanoseconds(rounds: Int, calls: Int, _ bodies: [(Int) -> Void]) -> [Double] {
        var samples = [[Double]](repeating: [], count: bodies.count)
        var repetitions = [Int](repeating: calls, count: bodies.count)
        for (index, body) in bodies.enumerated() {
            // Enough calls that the clock's own cost does not show.
            while true {
                let count = repetitions[index]
                if elapsed({ for call in 0..<count { body(call) } }) > 300_000 { break }
                repetitions[index] = count * 4
            }
        }
        for _ in 0..<rounds {
            for (index, body) in bodies.enumerated() {
                let count = repetitions[index]
                samples[index].append(elapsed { for call in 0..<count { body(call) } } / Double(count))
            }
        }
        return samples.map { $0.sorted()[$0.count / 2] }
    }

    /// The nanoseconds of a processor that a body takes on this thread, whoever else wants the processor.
    private static func elapsed(_ body: () -> Void) -> Double {
        var start = timespec()
        var end = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
        body()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
        return Double(end.tv_sec - start.tv_sec) * 1e9 + Double(end.tv_nsec - start.tv_nsec)
    }
}

/// Keeps the optimizer from removing what is measured.
@inline(never)
func keep<Value>(_ value: Value) {}

/// Measures pairs side by side: each body in turn, many rounds, the lower quartile of each.
enum Measure {
    /// The lower quartile of a body's nanoseconds over some rounds; the same rounds for all, interleaved.
    static func nanoseconds(rounds: Int = 31, _ bodies: [() -> Void]) -> [Double] {
        var samples = [[Double]](repeating: [], count: bodies.count)
        let clock = ContinuousClock()
        for body in bodies { body() }
        for _ in 0..<rounds {
            for (index, body) in bodies.enumerated() {
                // Enough repetitions that the clock's own cost does not show.
                var repetitions = 1
                var elapsed = clock.measure(body)
                while elapsed < .microseconds(200), repetitions < 1 << 20 {
                    repetitions *= 4
                    elapsed = clock.measure { for _ in 0..<repetitions { body() } }
                }
                samples[index].append(Double(elapsed.components.attoseconds) / 1e9 / Double(repetitions))
            }
        }
        return samples.map { $0.sorted()[$0.count / 4] }
    }
}

/// Keeps the optimizer from removing what is measured.
@inline(never)
func keep<Value>(_ value: Value) {}

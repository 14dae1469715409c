import WhyOps

/// The clock and the dice of the proxy; the core has neither.
enum Moment {
    /// Milliseconds since a moment of the monotonic clock.
    static func milliseconds(since start: ContinuousClock.Instant) -> Int {
        let elapsed = (ContinuousClock.now - start).components
        return Int(elapsed.seconds) * 1000 + Int(elapsed.attoseconds / 1_000_000_000_000_000)
    }

    static func freshTraceID() -> TraceID {
        // Each word is one call of the system; bytes one by one would be sixteen.
        var words = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)]
        var bytes = [16 of UInt8](repeating: 0)
        for index in bytes.indices {
            bytes[index] = UInt8(truncatingIfNeeded: words[index / 8])
            words[index / 8] >>= 8
        }
        return TraceID(random: bytes)
    }
}

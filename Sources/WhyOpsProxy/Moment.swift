import WhyOps

/// The clock and the dice of the proxy; the core has neither.
enum Moment {
    /// Milliseconds since a moment of the monotonic clock.
    static func milliseconds(since start: ContinuousClock.Instant) -> Int {
        let elapsed = (ContinuousClock.now - start).components
        return Int(elapsed.seconds) * 1000 + Int(elapsed.attoseconds / 1_000_000_000_000_000)
    }

    static func freshTraceID() -> TraceID {
        var bytes = [16 of UInt8](repeating: 0)
        for index in bytes.indices { bytes[index] = UInt8.random(in: .min ... .max) }
        return TraceID(random: bytes)
    }
}

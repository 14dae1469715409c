import FoundationEssentials
import WhyOps

/// The clock and the dice of the proxy; the core has neither.
enum Moment {
    /// The time of day as events give it.
    static var timestamp: String {
        Timestamp(milliseconds: Int(Date().timeIntervalSince1970 * 1000)).text
    }

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

    /// `span_` and 16 characters of `A-Za-z0-9_-`, as the original makes them.
    static func freshSpanID() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
        return "span_" + String((0..<16).map { _ in alphabet[Int.random(in: 0..<64)] })
    }
}

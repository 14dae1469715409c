package import FoundationEssentials

/// What a client takes from outside: time, chance, ids. Tests have their own.
package struct Surroundings: Sendable {
    package var now: @Sendable () -> Date = { Date() }
    /// Time that only goes forward, for durations.
    package var elapsed: @Sendable () -> Duration = { Surroundings.start.duration(to: .now) }
    package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// From 0 to 1.
    package var random: @Sendable () -> Double = { Double.random(in: 0...1) }
    package var id: @Sendable () -> String = { UUID().uuidString.lowercased() }

    package init() {}

    private static let start = ContinuousClock.now
}

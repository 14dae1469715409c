/// How long a request waits for what the store knows of its trace; then the next rung decides (TRC-6, TRC-41).
struct StorePatience: Sendable {
    let limit: Duration

    /// The store's answer; `nil` where it has none in time.
    func answer<Answer: Sendable>(of ask: @escaping @Sendable () async throws -> Answer) async -> Answer? {
        let lookUp = Task { try await ask() }
        let limit = Task { [limit] in
            try await Task.sleep(for: limit)
            lookUp.cancel()
        }
        defer { limit.cancel() }
        return try? await lookUp.value
    }
}

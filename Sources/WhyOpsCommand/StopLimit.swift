import ServiceLifecycle

/// Sees to it that a stop has an end: requests that wait for a store that hangs listen to nobody (PRX-122).
struct StopLimit: Service {
    private let limit: Duration
    private let whenOver: @Sendable () -> Void

    /// - Parameter limit: how long everything may take from the moment at which the services are told to stop.
    init(limit: Duration, whenOver: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.whenOver = whenOver
    }

    func run() async throws {
        try? await gracefulShutdown()
        begin()
    }

    /// The services have been told to stop.
    func begin() {
        // No part of the group, which would wait for it.
        Task { [limit, whenOver] in
            try? await Task.sleep(for: limit)
            whenOver()
        }
    }
}

public import ServiceLifecycle

extension AgentClient: Service {
    /// Waits until the process is told to stop, and sends then what is left, for `shutdownTimeout` at most.
    ///
    /// Events are sent without it, too: it is for the end. Let it stop after the services that record.
    public func run() async throws {
        try? await gracefulShutdown()
        await shutdown(timeout: courier.options.shutdownTimeout)
    }
}

/// The two ends of a running implementation: lines in, lines out.
package protocol TesteeConnection: Sendable {
    /// Writes bytes to its standard input.
    func write(_ bytes: [UInt8]) async throws
    /// The next bytes of its standard output; `nil` when it ended.
    func read() async throws -> [UInt8]?
    /// Tells it that nothing follows.
    func finishWriting() async
    /// Ends it at once, with everything that it started; what `read` waits for ends with it.
    func kill()
    /// What it said last on standard error, for a person; bounded.
    var complaints: String { get }
}

/// Starts implementations.
package protocol TesteeLauncher: Sendable {
    /// Starts one, lends its connection, and ends it when the body returns.
    func launch(_ body: @escaping @Sendable (any TesteeConnection) async -> Void) async throws
}

/// The connections of an engine, each used by one caller at a time.
protocol ConnectionPool: Sendable {
    /// The engine's name, for people.
    var engine: String { get }

    var dialect: Dialect { get }

    /// Events that are committed together at most: it bounds how long the first caller waits for the others, and what the
    /// engine holds for a transaction.
    var groupLimit: Int { get }

    /// How many may read at once.
    var readerCount: Int { get }

    /// Reads from one snapshot; cancelling the task interrupts it.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value

    /// Writes in one transaction, which is durable when this returns, while no other node writes like this: what the body
    /// looks up still holds when it is committed.
    ///
    /// The body may run again from the start where transactions of several nodes stood in each other's way.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value

    /// The same beside other nodes, for a body that locks what it goes by, or goes by nothing.
    func append<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value

    /// Reads on a connection that is there for searches alone; cancelling the task interrupts it.
    func search(_ body: @escaping @Sendable (Database) throws -> Void) async throws

    /// Takes what was deleted or replaced out of where it still lies, as far as the engine can.
    func forgetWhatWasWritten() async

    /// Waits for those who use a connection, then closes all.
    func close() async throws
}

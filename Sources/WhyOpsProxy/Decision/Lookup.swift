/// An answer that is known here at once, or that somebody has to be asked for.
///
/// What is known costs no task: the connection goes on in the same turn of its event loop.
enum Lookup<Value: Sendable>: Sendable {
    case known(Value)
    case asked(@Sendable () async throws -> Value)

    /// Goes on with the answer, at once where it is known.
    func then<Other>(
        _ next: @escaping @Sendable (Value) throws -> Lookup<Other>
    ) throws -> Lookup<Other> {
        switch self {
        case .known(let value): try next(value)
        case .asked(let ask): .asked { try await next(try await ask()).value() }
        }
    }

    /// The answer, however long it takes.
    func value() async throws -> Value {
        switch self {
        case .known(let value): value
        case .asked(let ask): try await ask()
        }
    }
}

/// What an engine says against a statement.
struct DatabaseError: Error, Sendable {
    enum Kind: Sendable {
        /// What was to be written breaks a rule of the database, or is larger than it takes.
        case rule
        /// The same, where the rule is that something is there once: another writer may have been faster.
        case duplicate
        /// Two transactions stood in each other's way; the same one may succeed when it is tried again.
        case collision
        /// Another process keeps the database locked.
        case busy
        /// It took too long, or nobody waits for it any more.
        case interrupted
        /// There is no connection any more, or none to a server that writes; the transaction was not committed.
        case lost
        /// The same, while the server was asked to commit: whether it has, nobody knows.
        case unknown
        /// Nothing that the statement could help: such as a full disk.
        case other
    }

    let kind: Kind
    /// The engine's own code.
    let code: String
    let message: String
}

/// Why the store refuses.
package struct StoreError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// More is waiting to be written than the store holds for anyone; try again later.
        case overloaded = "store.overloaded"
        /// The database was written by a later version of the program.
        case newerDatabase = "store.newer-database"
        /// The database cannot be opened, read or written.
        case unavailable = "store.unavailable"
        /// What was to be written can never be stored here: it breaks a rule of the database, such as by naming an
        /// environment that does not exist, or is larger than a row can be.
        case refused = "store.refused"
        /// A request's idempotency key that stands for other events.
        case requestReused = "store.request-reused"
        /// A secret was sealed with another encryption key.
        case sealed = "store.sealed"
        /// There are as many signing keys as there can be.
        case keyLimit = "store.key-limit"
        /// A key that does not exist.
        case unknownKey = "store.unknown-key"
        /// A signing key that still signs.
        case keyInUse = "store.key-in-use"
        /// Two signing keys have one number.
        case keyConflict = "store.key-conflict"
        /// A provider that does not exist.
        case unknownProvider = "store.unknown-provider"
        /// Something of that name exists already.
        case nameTaken = "store.name-taken"
        /// An environment that does not exist.
        case unknownEnvironment = "store.unknown-environment"
        /// A dead letter that does not exist.
        case unknownDeadLetter = "store.unknown-dead-letter"
        /// There are as many agents as the operator allows.
        case agentLimit = "store.agent-limit"
        /// There are as many versions of an agent as there can be.
        case versionLimit = "store.version-limit"
        /// The store has been closed.
        case closed = "store.closed"
    }

    package let code: Code
    package let message: String
    /// Whether what was to be written may be stored all the same (STO-51).
    package var isOutcomeUnknown = false

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Why the store refuses.
package struct StoreError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// More is waiting to be written than the store holds for anyone; try again later.
        case overloaded = "store.overloaded"
        /// The database was written by a later version of the program.
        case newerDatabase = "store.newer-database"
        /// The database cannot be opened, read or written.
        case unavailable = "store.unavailable"
        /// The store has been closed.
        case closed = "store.closed"
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

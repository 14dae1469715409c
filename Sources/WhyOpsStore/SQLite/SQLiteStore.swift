package import Logging

/// A store in a file.
package typealias SQLiteStore = DatabaseStore

extension DatabaseStore {
    /// Opens a database file, creating it or bringing its tables up to date.
    ///
    /// - Parameter patience: how long writers wait together for another process to let go of the file.
    /// - Throws: `StoreError` with a message for the operator.
    package static func open(
        path: String,
        limits: AppendLimits = AppendLimits(),
        patience: Duration = .seconds(10),
        encryption: EncryptionKey? = nil,
        logger: Logger = Logger(label: "whyops.store")
    ) async throws -> DatabaseStore {
        // Another process may be opening the same new file: creating tables and entering WAL mode wait for each other,
        // but can both still fail as busy.
        var attempt = 0
        while true {
            do {
                let store = DatabaseStore(
                    pool: try SQLitePool(path: path, patience: patience),
                    limits: limits,
                    encryption: encryption,
                    logger: logger
                )
                try await store.pruneLinks()
                return store
            } catch let error as StoreError {
                throw error
            } catch let error as DatabaseError where attempt < 20 && error.kind == .busy {
                attempt += 1
                try await Task.sleep(for: .milliseconds(50))
            } catch {
                throw StoreError(
                    .unavailable,
                    "The database cannot be opened: \((error as? DatabaseError)?.message ?? "\(error)")"
                )
            }
        }
    }
}

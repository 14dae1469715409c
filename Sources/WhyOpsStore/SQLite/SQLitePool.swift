import Dispatch
import GRDB

/// A SQLite file in WAL mode, with one writer and any number of readers. Several processes may open the same file.
final class SQLitePool: ConnectionPool {
    private let pool: GRDB.DatabasePool
    private let searches: GRDB.DatabaseQueue
    private let patience: LockPatience

    var engine: String { "sqlite" }
    var dialect: Dialect { .sqlite }
    var readerCount: Int { Self.readerCount }
    private static let readerCount = 6
    /// While one large batch is written the next one can be read and checked, which is worth more than the sync that two of them
    /// would share. It also bounds the size of the WAL.
    var groupLimit: Int { 1024 }

    /// Opens a file, creating it or bringing its tables up to date.
    ///
    /// - Parameter patience: how long writers wait together for another process to let go of the file.
    /// - Throws: `DatabaseError` of the kind `busy` where trying again in a moment may help.
    init(path: String, patience: Duration) throws {
        let lock = LockPatience(patience)
        self.patience = lock
        do {
            pool = try Self.open(path: path, lock)
            searches = try Self.openForSearches(path: path)
        } catch let error as GRDB.DatabaseError
            where [.SQLITE_BUSY, .SQLITE_CONSTRAINT, .SQLITE_ERROR].contains(error.resultCode)
        {
            // All of these may be the doing of another process that opens the same new file.
            throw DatabaseError(kind: .busy, code: "\(error.extendedResultCode)", message: error.message ?? "")
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
    }

    private static func open(path: String, _ patience: LockPatience) throws -> GRDB.DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .callback { _ in patience.wait() }
        configuration.foreignKeysEnabled = true
        configuration.label = "whyops.store"
        configuration.maximumReaderCount = readerCount
        let pool = try GRDB.DatabasePool(path: path, configuration: configuration)
        let migrator = Schema.migrator
        if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
            throw StoreError(
                .newerDatabase,
                "The database was written by a later version of this program. Use that version, or another file."
            )
        }
        try migrator.migrate(pool)
        try pool.writeWithoutTransaction { database in
            // Only here: while it opens, the pool itself sets NORMAL, under which a commit can be lost with the power
            // (EVT-17). On Apple systems a plain fsync leaves the drive's cache alone.
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON")
            // What is deleted or sealed must not go on lying in a free page.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            // The writer's own: room for the pages of one large transaction, and for those of the indexes that every event
            // touches; and pages that change often go from the log to the file once for many commits.
            try database.execute(sql: "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000")
            // Each append of a group is a savepoint, whose pages would else go through a file in /var/tmp: written for nothing,
            // with conversations in it, on a disk that may be full.
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return pool
    }

    private static func openForSearches(path: String) throws -> GRDB.DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(1)
        configuration.label = "whyops.store.search"
        return try GRDB.DatabaseQueue(path: path, configuration: configuration)
    }

    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read { try Database($0).run(body) }
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
    }

    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            let value = try await pool.writeWithoutTransaction { database in
                try FailedCommit.undoing(database) {
                    var value: Value?
                    try database.inTransaction(.immediate) {
                        value = try Database(database).run(body)
                        return .commit
                    }
                    return value
                }
            }
            patience.end()
            guard let value else { throw DatabaseError(kind: .other, code: "", message: "nothing was written") }
            return value
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
    }

    func append<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await write(body)
    }

    /// Uses the writer's connection outside of a transaction.
    func writeWithoutTransaction<Value: Sendable>(
        _ body: @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.writeWithoutTransaction { try Database($0).run(body) }
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
    }

    func search(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        do {
            try await searches.read { try Database($0).run(body) }
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
    }

    /// A reader may keep this from happening now.
    func forgetWhatWasWritten() async {
        _ = try? await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    func close() async throws {
        // It waits for whoever reads, so it must not take one of the few threads that those may need to come to an end.
        let closing = await withCheckedContinuation { continuation in
            DispatchQueue(label: "whyops.store.closing").async { [pool, searches] in
                continuation.resume(
                    returning: Result {
                        // Where another process has the file open, it stays whole without its log (STO-37); nobody is
                        // waited for.
                        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
                        // Readers first, since only a connection that writes can tidy up after the last one, and the pool
                        // itself would close it before them.
                        try searches.close()
                        pool.invalidateReadOnlyConnections()
                        try pool.close()
                    }
                )
            }
        }
        do {
            try closing.get()
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
    }
}

extension Database {
    fileprivate init(_ database: GRDB.Database) {
        self.init(connection: SQLiteConnection(database: database))
    }
}

import GRDB
import WhyOps

/// A file that is, or is to be, a store: looked at and copied without being brought up to date.
struct SQLiteFile {
    enum State: Equatable {
        /// Nothing has ever been written to it.
        case empty
        /// The last step that brought its tables up to date, and whether it is the program's.
        case store(version: String, isCurrent: Bool)
        /// A later version of the program has written it.
        case newer
        /// It has tables of another program.
        case foreign
    }

    let path: String
    let queue: GRDB.DatabaseQueue

    /// - Parameter isReadOnly: whether nothing of the file may change.
    init(path: String, isReadOnly: Bool) throws {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(isReadOnly ? 10 : 2)
        configuration.label = "whyops.store.file"
        queue = try Self.explaining(path) { try GRDB.DatabaseQueue(path: path, configuration: configuration) }
    }

    func close() throws {
        try Self.explaining(path) { try queue.close() }
    }

    /// What the file is, inside of a transaction of its reader.
    static func state(_ database: Database) throws -> State {
        let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        guard tables.contains("grdb_migrations") else { return tables.isEmpty ? .empty : .foreign }
        let done = try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
        let known = Schema.migrator.migrations
        guard let first = known.first, done.contains(first), tables.contains("projects"), let last = done.last else {
            return .foreign
        }
        if !Set(done).isSubset(of: known) { return .newer }
        return .store(version: last, isCurrent: done.count == known.count)
    }

    /// The state of a store, or why it is none.
    static func version(_ state: State, _ path: String) throws -> (version: String, isCurrent: Bool) {
        switch state {
        case .store(let version, let isCurrent): (version, isCurrent)
        case .empty: throw StoreError(.unavailable, "'\(path)' is empty: it is no store.")
        case .foreign:
            throw StoreError(.unavailable, "'\(path)' is a database of another program, not a store of WhyOps.")
        case .newer:
            throw StoreError(
                .newerDatabase,
                "'\(path)' was written by a later version of this program. Use that version."
            )
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.explaining(path) { try queue.read { try body(Database(connection: SQLiteConnection(database: $0))) } }
    }

    /// Looks the file over: the engine's own checks, and ours where the tables are of this version (STO-40).
    func check(onProgress: @escaping @Sendable (StoreProgress) -> Void) async throws -> StoreReport {
        let state: State
        do {
            state = try DatabaseError.translating {
                try queue.read { try Self.state(Database(connection: SQLiteConnection(database: $0))) }
            }
        } catch let error as DatabaseError where Self.isCorrupt(error) {
            var report = StoreReport(engine: "sqlite", version: "unknown", isCurrent: false)
            report.add([StoreFinding("engine.integrity", "file", error.message)])
            return report
        } catch {
            return try Self.explaining(path) { throw error }
        }
        let (version, isCurrent) = try Self.version(state, path)
        var report = StoreReport(engine: "sqlite", version: version, isCurrent: isCurrent)
        try report.add(read { try Self.integrity($0) })
        // What the pages hold is not to be believed then.
        guard report.isSound, isCurrent else { return report }
        let file = self
        try await StoreCheck { body in try file.read { try body($0) } }.run(into: &report, onProgress: onProgress)
        return report
    }

    private static func integrity(_ database: Database) throws -> [StoreFinding] {
        do {
            let lines = try String.fetchAll(database, sql: "PRAGMA integrity_check(100)")
            if lines != ["ok"] { return lines.map { StoreFinding("engine.integrity", "file", $0) } }
            return try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(1000).map {
                StoreFinding("engine.foreign-key", "\($0.text(0) ?? "") row \($0.shown(1))", "it refers to nothing")
            }
        } catch let error as DatabaseError where isCorrupt(error) {
            return [StoreFinding("engine.integrity", "file", error.message)]
        }
    }

    // MARK: Errors

    /// The engine's code without what extends it; in the text its name stands behind it.
    private static func code(_ error: DatabaseError) -> Int? {
        Int(String(decoding: error.code.utf8.prefix { (0x30...0x39).contains($0) }, as: UTF8.self)).map { $0 & 0xFF }
    }

    private static func isCorrupt(_ error: DatabaseError) -> Bool { code(error) == 11 }

    private static func isNoDatabase(_ error: DatabaseError) -> Bool { code(error) == 26 }

    /// Says in words for an operator what the engine says.
    static func explaining<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try DatabaseError.translating(body)
        } catch let error as DatabaseError {
            if isCorrupt(error) || isNoDatabase(error) {
                throw StoreError(.unavailable, "'\(path)' is damaged, or no database of SQLite: \(error.message).")
            }
            if error.kind == .busy {
                throw StoreError(.unavailable, "'\(path)' is in use: stop the services that have it open.")
            }
            throw StoreError(.unavailable, "'\(path)' cannot be used: \(error.message).")
        }
    }
}

import FoundationEssentials
import GRDB

/// Copies of stores in files (STO-30 to STO-36).
package enum SQLiteCopies {
    /// Pages between two words on how far it is.
    private static let step: CInt = 4096

    /// Copies a store that may be written to meanwhile: as it is at one moment after the call.
    ///
    /// - Parameter isForced: whether a file that is there is replaced.
    /// - Throws: `StoreError` with a message for the operator; nothing has changed then.
    package static func backUp(
        _ path: String,
        to target: String,
        isForced: Bool,
        onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) async throws -> StoreReport {
        try checkTarget(target, of: path, isForced: isForced)
        let part = target + ".part"
        try? FileManager.default.removeItem(atPath: part)
        guard
            FileManager.default.createFile(atPath: part, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw StoreError(.unavailable, "'\(part)' cannot be written.") }
        do {
            try copy(path, toNew: part, onProgress: onProgress)
            let copied = try SQLiteFile(path: part, isReadOnly: true)
            let report = try await copied.check(onProgress: onProgress)
            try copied.close()
            guard report.isSound else { return report.removing(part) }
            try DurableFile.sync(part)
            try DurableFile.rename(part, to: target)
            return report
        } catch {
            removeAll(part)
            throw error
        }
    }

    private static func checkTarget(_ target: String, of path: String, isForced: Bool) throws {
        if DurableFile.isSame(target, path) {
            throw StoreError(.unavailable, "'\(target)' is the store itself: name another file.")
        }
        // A log beside it says that it is a store which somebody uses, or used when it was cut off.
        if FileManager.default.fileExists(atPath: target + "-wal") {
            throw StoreError(.unavailable, "'\(target)' is a store that is in use: name another file.")
        }
        if !isForced, FileManager.default.fileExists(atPath: target) {
            throw StoreError(.unavailable, "'\(target)' exists: name another file, or replace it with --force.")
        }
    }

    private static func copy(
        _ path: String,
        toNew part: String,
        onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) throws {
        let source = try SQLiteFile(path: path, isReadOnly: true)
        let copy = try SQLiteFile(path: part, isReadOnly: false)
        // One transaction over all steps: what others write meanwhile does not make it begin anew.
        try SQLiteFile.explaining(path) {
            try source.queue.read { from in
                let state = try SQLiteFile.state(Database(connection: SQLiteConnection(database: from)))
                _ = try SQLiteFile.version(state, path)
                try copy.queue.writeWithoutTransaction { to in try back(from, to, onProgress) }
            }
        }
        // A file of its own, without a log beside it.
        try SQLiteFile.explaining(part) {
            try copy.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        }
        try copy.close()
        try source.close()
    }

    private static func back(
        _ from: GRDB.Database,
        _ to: GRDB.Database,
        _ onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) throws {
        try from.backup(to: to, pagesPerStep: step) {
            onProgress(
                StoreProgress(done: $0.totalPageCount - $0.remainingPageCount, total: max(1, $0.totalPageCount))
            )
        }
    }

    /// Puts a copy in the place of a store, in one transaction of the store's own file: it is the one or the other, whenever
    /// the process ends.
    ///
    /// - Parameter isForced: whether what the store holds is given up.
    /// - Returns: what looking over the copy has found; where it is not sound, nothing has changed.
    /// - Throws: `StoreError` with a message for the operator; the store holds what it held then.
    package static func restore(
        _ file: String,
        to path: String,
        isForced: Bool,
        onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) async throws -> StoreReport {
        guard FileManager.default.fileExists(atPath: file) else {
            throw StoreError(.unavailable, "There is no file '\(file)'.")
        }
        if DurableFile.isSame(file, path) {
            throw StoreError(.unavailable, "'\(file)' is the store itself: name the copy.")
        }
        let source = try SQLiteFile(path: file, isReadOnly: true)
        let report = try await source.check(onProgress: onProgress)
        guard report.isSound else { return report }
        if !FileManager.default.fileExists(atPath: path) {
            guard
                FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw StoreError(.unavailable, "'\(path)' cannot be written.") }
        }
        let target = try checkedPlace(path, isForced: isForced)
        try SQLiteFile.explaining(path) {
            try target.queue.writeWithoutTransaction { to in
                try seize(to)
                try source.queue.read { from in try back(from, to, onProgress) }
            }
        }
        try target.close()
        try source.close()
        return report
    }

    /// The store that is to be replaced, where that may be.
    private static func checkedPlace(_ path: String, isForced: Bool) throws -> SQLiteFile {
        let state: SQLiteFile.State
        let isInhabited: Bool
        do {
            let place = try SQLiteFile(path: path, isReadOnly: true)
            state = try place.read { try SQLiteFile.state($0) }
            isInhabited =
                try state != .empty && state != .foreign
                && place.read { try Row.fetchOne($0, sql: "SELECT 1 FROM projects") != nil }
            try place.close()
        } catch let error as StoreError {
            throw StoreError(
                error.code,
                error.message + " Move it away, with the files that have its name and end with -wal, -shm or -journal."
            )
        }
        if case .foreign = state { _ = try SQLiteFile.version(state, path) }
        if !isForced, isInhabited || state == .newer {
            throw StoreError(
                .unavailable,
                "The store '\(path)' holds data: make a backup of it, and replace it with --force."
            )
        }
        return try SQLiteFile(path: path, isReadOnly: false)
    }

    /// Takes the file for this connection alone until it is closed. Whoever has it open, also without doing anything, is in
    /// the way: in WAL mode every connection holds a lock for as long as it lives.
    private static func seize(_ database: GRDB.Database) throws {
        try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = EXTRA")
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
        guard mode == "delete" else { throw DatabaseError(kind: .busy, code: "5", message: "the file is in use") }
        try database.execute(sql: "BEGIN EXCLUSIVE; COMMIT")
    }

    static func removeAll(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}

extension StoreReport {
    /// The report on a copy that is not kept.
    fileprivate func removing(_ path: String) -> StoreReport {
        SQLiteCopies.removeAll(path)
        return self
    }
}

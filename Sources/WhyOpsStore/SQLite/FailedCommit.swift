import GRDB

/// What is left of a transaction whose commit the disk failed.
///
/// SQLite appends a transaction to its log as a whole and syncs the log then. Where only the sync fails, the transaction is
/// undone for everyone who has the file open, but it still lies in the log, and whoever opens the file after a crash would
/// take it for committed.
enum FailedCommit {
    /// Does what `body` does in a transaction; where that fails, nothing of it comes back later (STO-50).
    ///
    /// - Throws: what `body` or the commit did; a `DatabaseError` of the kind `unknown` where the disk does not even let the
    ///   log be mended.
    static func undoing<Value>(_ database: GRDB.Database, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let original as GRDB.DatabaseError
            // On a full disk it is the writing that fails, before the page that says that all is there.
            where original.resultCode == .SQLITE_IOERR && !database.isInsideTransaction
        {
            do {
                try coverUp(database)
            } catch {
                throw DatabaseError(
                    kind: .unknown,
                    code: "\(original.extendedResultCode)",
                    message: "the disk failed while a transaction was committed"
                )
            }
            throw original
        }
    }

    /// Writes a transaction of one page that changes nothing to the place in the log where the failed one begins: each page's
    /// checksum there goes on from the one before, so that none of the failed ones counts any longer.
    private static func coverUp(_ database: GRDB.Database) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }
}

import GRDB

extension StoreError {
    /// What a failed write says to who asked for it: never again where the database's rules stand against it, and not now
    /// where the database is busy, full or cannot be written.
    init(writing error: any Error, _ message: String) {
        if let error = error as? StoreError {
            self = error
            return
        }
        let code = (error as? DatabaseError)?.resultCode
        self.init(code == .SQLITE_CONSTRAINT || code == .SQLITE_TOOBIG ? .refused : .unavailable, message)
    }
}

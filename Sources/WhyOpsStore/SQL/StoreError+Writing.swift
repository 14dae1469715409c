extension StoreError {
    /// What a failed write says to who asked for it: never again where the database's rules stand against it, and not now
    /// where the database is busy, full or cannot be written.
    init(writing error: any Error, _ message: String) {
        if let error = error as? StoreError {
            self = error
            return
        }
        let kind = (error as? DatabaseError)?.kind
        self.init(kind == .rule || kind == .duplicate ? .refused : .unavailable, message)
    }
}

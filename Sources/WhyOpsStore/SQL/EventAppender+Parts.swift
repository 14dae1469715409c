import WhyOps

/// What is special where what can be stored of a request is stored (ING-22).
extension EventAppender {
    /// Undoes what fails: an event that the database can never take must not take the others with it.
    func alone(_ body: () throws -> Placed) throws -> Placed {
        var placed: Placed?
        do {
            try database.inSavepoint {
                placed = try body()
                return .commit
            }
        } catch let error where database.isInsideTransaction {
            let refusal = StoreError(writing: error, "The database can never take the event.")
            if refusal.code == .refused, (error as? DatabaseError)?.kind != .duplicate { throw refusal }
            throw error
        }
        guard let placed else { throw StoreError(.unavailable, "The event was not written.") }
        return placed
    }

    /// The results with those of what is no event, and the ids of what is kept as dead letters (ING-40).
    func buried(
        _ results: [AppendResult],
        of append: PreparedAppend,
        _ letters: [DeadLetter]
    ) throws -> [AppendResult] {
        var all = letters.map { AppendResult.unstored(.invalid, message: $0.reason.message) }
        for (item, result) in zip(append.items, results) { all[item.place] = result }
        let lost = all.indices.filter { DeadLetter.Reason.Code(all[$0].status) != nil }
        if lost.isEmpty { return all }
        let rows = DeadLetterRows(environmentID: append.tenant.environmentID, database: database)
        let ids = try rows.insert(
            lost.map { place in
                var letter = letters[place]
                if let reason = DeadLetter.Reason(all[place]) { letter.reason = reason }
                return letter
            }
        )
        for (place, id) in zip(lost, ids) { all[place].deadLetterID = id }
        return all
    }
}

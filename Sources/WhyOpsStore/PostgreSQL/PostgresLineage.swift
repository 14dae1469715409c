import Synchronization

/// Which history of which database a server goes on with. A standby that takes over begins the next timeline; the server that
/// it takes over from stays on its own, and cannot know.
struct PostgresTimeline: Sendable, Equatable {
    let system: String
    let number: Int

    /// - Returns: `nil` for a server that has no timelines, such as another product that speaks the protocol, or that does not
    ///   write.
    static func ask(_ database: Database) throws -> Self? {
        do {
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT CAST((SELECT system_identifier FROM pg_control_system()) AS text),
                    CASE WHEN pg_is_in_recovery() THEN NULL ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END
                    """
            )
            guard let system: String = row?[0], let digits: String = row?[1], let number = Int(digits, radix: 16) else {
                return nil
            }
            return Self(system: system, number: number)
        } catch let error as DatabaseError where error.kind != .lost {
            return nil
        }
    }
}

/// The newest history that any connection of a node has seen (STO-60).
final class PostgresLineage: Sendable {
    private let newest = Mutex<PostgresTimeline?>(nil)

    /// Takes note of the history of a server that is connected to.
    ///
    /// - Returns: whether it may be asked: not where a later server has taken over from it.
    func admits(_ timeline: PostgresTimeline?) -> Bool {
        guard let timeline else { return true }
        return newest.withLock { newest in
            // Another database altogether: it was put in the place of the first one.
            if let known = newest, known.system == timeline.system, known.number > timeline.number { return false }
            newest = timeline
            return true
        }
    }

    /// Whether a connection that was let in is still one to ask.
    func isCurrent(_ timeline: PostgresTimeline?) -> Bool {
        guard let timeline else { return true }
        return newest.withLock { $0 == nil || $0 == timeline }
    }
}

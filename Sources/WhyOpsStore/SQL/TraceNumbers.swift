/// The numbers of traces in the order in which an agent, or a version of it, began them, so that to know how many were begun
/// since a moment none of them has to be counted (ING-27, ING-110).
///
/// Where agents have a limit, whoever begins a trace waits for others who do; where they have none, two nodes may give out one
/// number, and a limit that is set within 24 hours of that counts the two as one.
struct TraceNumbers {
    enum Owner {
        case agent
        case version

        fileprivate var column: String { self == .agent ? "agent_id" : "agent_version_id" }
        fileprivate var number: String { self == .agent ? "agent_number" : "version_number" }
    }

    let environmentID: String
    let database: Database

    /// The number of the newest trace, or of the newest one up to a moment; 0 without any.
    func newest(of owner: Owner, _ id: String, until moment: String = "9999") throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT \(owner.number) FROM trace_rows
                    WHERE environment = (SELECT number FROM environments WHERE id = ?) AND \(owner.column) = ?
                    AND created_at <= ? AND \(owner.number) IS NOT NULL
                    ORDER BY created_at DESC, \(owner.number) DESC LIMIT 1
                    """
            ),
            arguments: [environmentID, id, moment]
        ) ?? 0
    }
}

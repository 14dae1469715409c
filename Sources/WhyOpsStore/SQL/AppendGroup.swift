/// What an append has come by, which those after it in the transaction need not look up.
struct AppendKnowledge {
    // Keyed by bytes: `String` would take two spellings of the same characters for one id (EVT-6).
    var traces: [[UInt8]: TraceRow] = [:]
    var agents: [[UInt8]: AgentRows.Current] = [:]
    var visits: Set<TraceAgentRows.Visit> = []
    var sums = SumDeltas()
}

/// An environment, with what the appends of one transaction have come by in it.
final class AppendEnvironment {
    let id: String
    let number: Int
    fileprivate(set) var known = AppendKnowledge()

    fileprivate init(id: String, number: Int) {
        self.id = id
        self.number = number
    }

    /// An append stays that has come by this; one that is undone teaches the others nothing.
    func add(_ learned: AppendKnowledge) {
        for (id, trace) in learned.traces { known.traces[id] = trace }
        for (name, agent) in learned.agents { known.agents[name] = agent }
        for visit in learned.visits { known.visits.insert(visit) }
        known.sums.merge(learned.sums)
    }
}

/// The appends of one transaction, of any environments.
///
/// The rows of traces are written once for all of them: each time moves them in the indexes that lists are made of.
struct AppendGroup {
    let database: Database
    let now: String
    private var environments: [String: AppendEnvironment] = [:]

    init(database: Database, now: String) {
        self.database = database
        self.now = now
    }

    mutating func environment(_ id: String) throws -> AppendEnvironment {
        if let environment = environments[id] { return environment }
        let environment = AppendEnvironment(id: id, number: try TenantRows.number(ofEnvironment: id, database))
        environments[id] = environment
        return environment
    }

    /// Writes what the appends have left to be written; the transaction must not be committed without.
    func save() throws {
        for environment in environments.values {
            for trace in environment.known.traces.values where trace.isTouched { try trace.save(now: now, database) }
            try TraceAgentRows(database: database).note(environment.known.visits, now: now)
        }
        // Last of all, in one order on all nodes (STO-54).
        for environment in environments.values.sorted(by: { $0.number < $1.number }) {
            try environment.known.sums.write(environment: environment.number, database)
        }
    }
}

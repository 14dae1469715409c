import WhyOps

/// What an event adds to the sums.
struct SumShare {
    let period: String
    let agentID: String
    let type: String
    var providerID: String?
    var provider: String?
    var model: String?
    var accounting: String?
    var latency: Int?
    var prompt = 0
    var completion = 0
    var total = 0
    var cacheRead = 0
    var written = 0
    var shortWrites = 0
    var longWrites = 0

    init(_ event: Event, _ facts: EventFacts, agentID: String, timestamp: String) {
        period = timestamp
        self.agentID = agentID
        type = event.eventType.rawValue
        providerID = event.providerId
        provider = facts.provider
        model = facts.model
        accounting = facts.cacheAccounting?.rawValue
        latency = facts.latencyMs
        prompt = facts.promptTokens ?? 0
        completion = facts.completionTokens ?? 0
        total = facts.totalTokens ?? 0
        cacheRead = facts.cacheReadTokens ?? 0
        written = facts.cacheWriteTokens ?? 0
        shortWrites = facts.cacheWrite5mTokens ?? 0
        longWrites = facts.cacheWrite1hTokens ?? 0
    }

    /// What a stored event has added, by its row. A damaged value must not keep it from being removed.
    init(_ row: Row) {
        func number(_ index: Int) -> Int { row.integer(index).map { Int($0) } ?? 0 }
        period = row.text(1) ?? ""
        agentID = row.text(2) ?? ""
        type = row.text(3) ?? ""
        providerID = row.text(4)
        provider = row.text(5)
        model = row.text(6)
        accounting = row.text(7)
        latency = row.integer(8).map { Int($0) }
        prompt = number(9)
        completion = number(10)
        total = number(11)
        cacheRead = number(12)
        written = number(13)
        shortWrites = number(14)
        longWrites = number(15)
    }

    /// The columns that a row is read from.
    static let columns = """
        environment, timestamp, agent_id, event_type, provider_id, provider, model, cache_accounting, latency_ms,
        prompt_tokens, completion_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens
        """

    /// Whether it counts for use (`SchemaOfLimits.isUse`).
    var isUse: Bool { type == "llm_response" || type == "embedding_response" || type == "error" }

    /// In the order of `SumColumns.figures`.
    var figures: [Int] {
        let time = [1, type == "error" ? 1 : 0, latency ?? 0, latency == nil ? 0 : 1]
        guard isUse else { return time + [0, 0, 0, 0, 0, 0, 0, 0] }
        return time + [
            prompt, completion, total, cacheRead, max(written, shortWrites + longWrites), short, longWrites,
            prompt < cached ? prompt : prompt - cached,
        ]
    }

    private var short: Int { max(written - longWrites, shortWrites) }
    private var cached: Int { cacheRead + short + longWrites }

    /// The length of the prompt where it includes cached tokens, and where it does not.
    var lengths: (inclusive: Int, exclusive: Int) {
        guard isUse else { return (0, 0) }
        func length(_ whole: Int) -> Int { SumColumns.promptLengths.last { $0 < whole } ?? 0 }
        return (length(prompt < cached ? prompt + cached : prompt), length(prompt + cached))
    }
}

/// What the events of one transaction add to the sums of an environment, or take from them, which is written once at its end.
struct SumDeltas {
    private struct Delta {
        let share: SumShare
        var figures: [Int]

        init(_ share: SumShare) {
            self.share = share
            figures = Array(repeating: 0, count: SumColumns.figures.count)
        }

        mutating func add(_ more: [Int], sign: Int = 1) {
            for place in more.indices { figures[place] += more[place] * sign }
        }
    }

    /// By the names of the row in bytes, which is the order in which rows are written. No name holds U+0000.
    private var deltas: [[UInt8]: Delta] = [:]

    var isEmpty: Bool { deltas.isEmpty }

    mutating func add(_ share: SumShare, sign: Int = 1) {
        deltas[Self.key(of: share), default: Delta(share)].add(share.figures, sign: sign)
    }

    mutating func merge(_ other: SumDeltas) {
        deltas.merge(other.deltas) { one, more in
            var sum = one
            sum.add(more.figures)
            return sum
        }
    }

    private static let hourLength = 13
    private static let dayLength = 10

    private static func key(of share: SumShare) -> [UInt8] {
        // It is made for each event, so that nothing is put together on the way.
        var key: [UInt8] = []
        key.reserveCapacity(160)
        key += share.period.utf8.prefix(hourLength)
        key.append(0)
        key += share.agentID.utf8
        key.append(0)
        key.append(share.isUse ? UInt8(ascii: "1") : UInt8(ascii: "0"))
        let lengths = share.lengths
        key.append(0)
        key += String(lengths.inclusive).utf8
        key.append(0)
        key += String(lengths.exclusive).utf8
        guard share.isUse else { return key }
        append(share.providerID, to: &key)
        append(share.provider, to: &key)
        append(share.model, to: &key)
        append(share.accounting, to: &key)
        return key
    }

    private static func append(_ name: String?, to key: inout [UInt8]) {
        key.append(0)
        guard let name else { return }
        key.append(UInt8(ascii: "="))
        key += name.utf8
    }

    struct Place: Hashable {
        let period: String
        let agentID: String
    }

    /// Where rows may have come to nothing.
    fileprivate var places: Set<Place> {
        var places: Set<Place> = []
        for delta in deltas.values {
            for (unit, length) in [("h", Self.hourLength), ("d", Self.dayLength)] {
                let period = unit + String(decoding: delta.share.period.utf8.prefix(length), as: UTF8.self)
                places.insert(Place(period: period, agentID: delta.share.agentID))
            }
        }
        return places
    }

    // MARK: Writing

    /// Writes hours before days, each in the order of their names: nodes that write the same rows wait for each other, and
    /// never in a circle. Nothing else may be locked after this.
    func write(environment: Int, _ database: Database) throws {
        var days: [[UInt8]: Delta] = [:]
        for (key, delta) in deltas {
            let day = key[..<min(Self.dayLength, key.count)] + key[min(Self.hourLength, key.count)...]
            days[Array(day), default: Delta(delta.share)].add(delta.figures)
        }
        let rows =
            Self.rows(deltas, "h", Self.hourLength, environment) + Self.rows(days, "d", Self.dayLength, environment)
        for start in stride(from: 0, to: rows.count, by: Self.group) {
            let part = rows[start..<min(start + Self.group, rows.count)]
            try database.cachedStatement(sql: Self.upsert(count: part.count, database.dialect))
                .execute(arguments: StatementArguments(values: Array(part.joined())))
        }
    }

    /// Rows that one statement writes; there is a statement for each number of them.
    private static let group = 8

    private static func rows(
        _ deltas: [[UInt8]: Delta],
        _ unit: String,
        _ length: Int,
        _ environment: Int
    ) -> [[DatabaseValue]] {
        let order = deltas.keys.sorted { $0.lexicographicallyPrecedes($1) }
        return order.compactMap { key in
            guard let delta = deltas[key], delta.figures.contains(where: { $0 != 0 }) else { return nil }
            let share = delta.share
            let lengths = share.lengths
            let names = [share.providerID, share.provider, share.model, share.accounting].map { name in
                DatabaseValue.text(share.isUse ? name.map { "=" + $0 } ?? "" : "")
            }
            return [
                .of(environment), .text(unit + String(decoding: share.period.utf8.prefix(length), as: UTF8.self)),
                .text(share.agentID), .integer(share.isUse ? 1 : 0),
            ] + names + [.of(lengths.inclusive), .of(lengths.exclusive)] + delta.figures.map { .of($0) }
        }
    }

    private static func upsert(count: Int, _ dialect: Dialect) -> String {
        let names = databaseQuestionMarks(count: SumColumns.names.count)
        let figures = databaseQuestionMarks(count: SumColumns.figures.count)
        let row = "(\(names),\(dialect.slot),\(figures))"
        return """
            INSERT INTO sum_rows (\(SumColumns.namesList), slot, \(SumColumns.figuresList))
            VALUES \(repeatElement(row, count: count).joined(separator: ","))
            ON CONFLICT (\(SumColumns.namesList), slot) DO UPDATE SET
            \(SumColumns.figures.map { "\($0) = sum_rows.\($0) + excluded.\($0)" }.joined(separator: ", "))
            """
    }
}

/// What removed events take from the sums of their environments.
struct RemovedSums {
    private var environments: [Int: SumDeltas] = [:]

    /// Deletes rows of events, and notes what they had added.
    ///
    /// - Parameter condition: which ones, with its arguments.
    /// - Returns: how many went.
    mutating func delete(
        where condition: String,
        _ arguments: StatementArguments,
        _ database: Database
    ) throws -> Int {
        var count = 0
        let statement = try database.cachedStatement(
            sql: "DELETE FROM event_rows WHERE \(condition) RETURNING \(SumShare.columns)"
        )
        try statement.forEachRow(arguments) { row in
            environments[Int(row.integer(0) ?? 0), default: SumDeltas()].add(SumShare(row), sign: -1)
            count += 1
            return true
        }
        return count
    }

    /// The last that a transaction does.
    func write(_ database: Database) throws {
        for (environment, deltas) in environments.sorted(by: { $0.key < $1.key }) {
            try deltas.write(environment: environment, database)
            for place in deltas.places {
                try SumRows.tidy(environment: environment, period: place.period, agentID: place.agentID, database)
            }
        }
    }
}

/// What the events of one transaction add to the sums of an environment, or take from them, which is written once at its end.
struct SumDeltas {
    private struct Delta {
        let period: String
        let agentID: String
        let share: SumShare
        var figures: [Int]

        mutating func add(_ more: [Int], sign: Int = 1) {
            for place in more.indices { figures[place] += more[place] * sign }
        }
    }

    /// By the names of the row in bytes, which is the order in which rows are written. No name holds U+0000.
    private var deltas: [[UInt8]: Delta] = [:]

    /// - Parameters:
    ///   - agentID: whose event it is.
    ///   - timestamp: the event's.
    ///   - sign: -1 for an event that is removed.
    mutating func add(_ share: SumShare, agentID: String, timestamp: String, sign: Int = 1) {
        // It is made for each event, so that nothing else is put together on the way.
        var key: [UInt8] = []
        key.reserveCapacity(Self.hourLength + 2 + agentID.utf8.count + share.key.count)
        key += timestamp.utf8.prefix(Self.hourLength)
        key.append(0)
        key += agentID.utf8
        key.append(0)
        key += share.key
        let nothing = Delta(period: timestamp, agentID: agentID, share: share, figures: Self.zeros)
        deltas[key, default: nothing].add(share.figures, sign: sign)
    }

    private static let zeros = Array(repeating: 0, count: SumColumns.figures.count)

    mutating func merge(_ other: SumDeltas) {
        deltas.merge(other.deltas) { one, more in
            var sum = one
            sum.add(more.figures)
            return sum
        }
    }

    private static let hourLength = 13
    private static let dayLength = 10

    struct Place: Hashable {
        let period: String
        let agentID: String
    }

    /// Where rows may have come to nothing.
    var places: Set<Place> {
        var places: Set<Place> = []
        for delta in deltas.values {
            for (unit, length) in [("h", Self.hourLength), ("d", Self.dayLength)] {
                let period = unit + String(decoding: delta.period.utf8.prefix(length), as: UTF8.self)
                places.insert(Place(period: period, agentID: delta.agentID))
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
            var nothing = delta
            nothing.figures = Self.zeros
            days[Array(day), default: nothing].add(delta.figures)
        }
        let rows =
            Self.rows(deltas, "h", Self.hourLength, environment) + Self.rows(days, "d", Self.dayLength, environment)
        for start in stride(from: 0, to: rows.count, by: SumStatements.maximumRows) {
            let part = rows[start..<min(start + SumStatements.maximumRows, rows.count)]
            try database.cachedStatement(sql: database.dialect.sums[rows: part.count])
                .execute(arguments: StatementArguments(values: Array(part.joined())))
        }
    }

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
            return [
                .of(environment), .text(unit + String(decoding: delta.period.utf8.prefix(length), as: UTF8.self)),
                .text(delta.agentID), .integer(share.isUse ? 1 : 0),
            ] + share.names.map { .text($0.map { "=" + $0 } ?? "") }
                + [.of(share.lengths.inclusive), .of(share.lengths.exclusive)] + delta.figures.map { .of($0) }
        }
    }
}

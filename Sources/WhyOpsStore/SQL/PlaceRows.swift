import WhyOps

/// Where the events of exchanges stand in their traces (TRC-44).
struct PlaceRows {
    /// The key of the trace's row.
    let trace: Int64
    let database: Database

    /// The step that an event of an exchange follows: the newest one of its own span, else the reply that its history ends
    /// with, else none.
    func parent(of event: Event, _ place: ExchangePlace) throws -> Int? {
        if let spanID = event.spanId, let step = try step(Self.name(ofSpan: spanID)) { return step }
        for name in place.parents {
            if let step = try step(name) { return step }
        }
        return nil
    }

    /// Makes an event known by its names.
    func insert(_ place: ExchangePlace, spanID: String, stepID: Int) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO name_rows (trace, name, step_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
                """
        )
        for name in [Self.name(ofSpan: spanID)] + place.names {
            try statement.execute(arguments: [trace, name.databaseKey, stepID])
        }
    }

    private func step(_ name: String) throws -> Int? {
        try Int.fetchOne(
            database.cachedStatement(
                sql: "SELECT max(step_id) FROM name_rows WHERE trace = ? AND name = ?"
            ),
            arguments: [trace, name.databaseKey]
        )
    }

    private static func name(ofSpan spanID: String) -> String { "span:" + spanID }
}

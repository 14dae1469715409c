/// The columns of the sums that are kept of events, and what an event adds to each of them, in the words of both engines.
///
/// Sums are kept by hour and by day, so that figures over any time are made of whole days, of the hours at their ends, and of
/// the events at the ends of these. A row stands for one agent, one provider and so on: what figures are grouped and filtered
/// by. Where an event names none of these the column is empty, and `=` stands before a name, which may be empty itself.
enum SumColumns {
    /// Prompts longer than each of these are sums of their own (ING-93): the limits of the standard prices, and common ones.
    /// With a table of prices that names another limit, use is added up from the events.
    static let promptLengths = [100_000, 128_000, 200_000, 256_000, 272_000]

    /// What a row is known by, beside the slot.
    static let names = [
        "environment", "period", "agent_id", "is_use", "provider_id", "provider", "model", "accounting", "inclusive",
        "exclusive",
    ]

    /// What is added up. `uncached` is of prompts that include cached tokens.
    static let figures = [
        "events", "errors", "latency_sum", "latency_count", "prompt", "completion", "total", "cache_read", "writes",
        "short_writes", "long_writes", "uncached",
    ]

    static let namesList = names.joined(separator: ", ")
    static let figuresList = figures.joined(separator: ", ")
    static let sums = figures.map { "CAST(sum(\($0)) AS BIGINT) AS \($0)" }.joined(separator: ", ")

    // MARK: Events

    /// The greater one of two expressions.
    static func greater(_ one: String, _ other: String) -> String {
        "CASE WHEN \(one) > \(other) THEN \(one) ELSE \(other) END"
    }

    /// The greatest of some numbers that an expression exceeds, else 0.
    static func greatest(of numbers: [Int], below expression: String) -> String {
        if numbers.isEmpty { return "0" }
        let cases = numbers.sorted(by: >).map { "WHEN (\(expression)) > \($0) THEN \($0)" }
        return "CASE \(cases.joined(separator: " ")) ELSE 0 END"
    }

    /// The rows of events that count for use, as if each were a sum, for figures that stand beside sums.
    ///
    /// - Parameters:
    ///   - period: an expression.
    ///   - condition: what `event_rows` is restricted to.
    static func use(period: String, where condition: String) -> String {
        let written = "coalesce(cache_write_tokens, 0)"
        let short = "coalesce(cache_write_5m_tokens, 0)"
        let long = "coalesce(cache_write_1h_tokens, 0)"
        let whole = "CASE WHEN prompt < cached THEN prompt + cached ELSE prompt END"
        return """
            SELECT environment, period, agent_id, 1 AS is_use, provider_id, provider, model, accounting,
            \(greatest(of: promptLengths, below: whole)) AS inclusive,
            \(greatest(of: promptLengths, below: "prompt + cached")) AS exclusive,
            1 AS events, errors, latency_sum, latency_count, prompt, completion, total, cache_read, writes, short_writes,
            long_writes, CASE WHEN prompt < cached THEN prompt ELSE prompt - cached END AS uncached
            FROM (SELECT *, cache_read + short_writes + long_writes AS cached FROM (
                SELECT environment, \(period) AS period, agent_id, coalesce('=' || provider_id, '') AS provider_id,
                coalesce('=' || provider, '') AS provider, coalesce('=' || model, '') AS model,
                coalesce('=' || cache_accounting, '') AS accounting,
                CASE WHEN event_type = 'error' THEN 1 ELSE 0 END AS errors,
                coalesce(latency_ms, 0) AS latency_sum, CASE WHEN latency_ms IS NULL THEN 0 ELSE 1 END AS latency_count,
                coalesce(prompt_tokens, 0) AS prompt, coalesce(completion_tokens, 0) AS completion,
                coalesce(total_tokens, 0) AS total, coalesce(cache_read_tokens, 0) AS cache_read,
                \(greater(written, "\(short) + \(long)")) AS writes,
                \(greater("\(written) - \(long)", short)) AS short_writes, \(long) AS long_writes
                FROM event_rows WHERE \(SchemaOfLimits.isUse) AND \(condition)
            ) AS figured) AS used
            """
    }

    /// The rows of all other events in the same form: they count, and take their time.
    static func others(period: String, where condition: String) -> String {
        """
        SELECT environment, \(period) AS period, agent_id, 0 AS is_use, '' AS provider_id, '' AS provider, '' AS model,
        '' AS accounting, 0 AS inclusive, 0 AS exclusive, 1 AS events, 0 AS errors, coalesce(latency_ms, 0) AS latency_sum,
        CASE WHEN latency_ms IS NULL THEN 0 ELSE 1 END AS latency_count, 0 AS prompt, 0 AS completion, 0 AS total,
        0 AS cache_read, 0 AS writes, 0 AS short_writes, 0 AS long_writes, 0 AS uncached
        FROM event_rows WHERE NOT \(SchemaOfLimits.isUse) AND \(condition)
        """
    }

    /// The row that an event counts in, by hour.
    static let hour = "'h' || substr(timestamp, 1, 13)"
    static let day = "'d' || substr(timestamp, 1, 10)"
}

/// The step that began to keep sums.
enum SchemaOfSums {
    /// The names of texts and numbers differ.
    private static func table(text: String, number: String, rest: String) -> String {
        """
        CREATE TABLE sum_rows (
            environment \(number) NOT NULL,
            period \(text) NOT NULL,
            agent_id \(text) NOT NULL,
            is_use \(number) NOT NULL,
            provider_id \(text) NOT NULL,
            provider \(text) NOT NULL,
            model \(text) NOT NULL,
            accounting \(text) NOT NULL,
            inclusive \(number) NOT NULL,
            exclusive \(number) NOT NULL,
            slot \(number) NOT NULL,
            \(SumColumns.figures.map { "\($0) \(number) NOT NULL" }.joined(separator: ",\n    ")),
            PRIMARY KEY (\(SumColumns.namesList), slot)
        )\(rest);
        """
    }

    /// What the events that are there come to.
    private static func filling(_ events: String) -> String {
        """
        INSERT INTO sum_rows (\(SumColumns.namesList), slot, \(SumColumns.figuresList))
            SELECT \(SumColumns.namesList), 0, \(SumColumns.sums) FROM (\(events)) AS events GROUP BY \(SumColumns.namesList);
        """
    }

    private static let fill = """
        \(filling(SumColumns.use(period: SumColumns.hour, where: "TRUE")))
        \(filling(SumColumns.others(period: SumColumns.hour, where: "TRUE")))
        INSERT INTO sum_rows (\(SumColumns.namesList), slot, \(SumColumns.figuresList))
            SELECT \(SumColumns.namesList), 0, \(SumColumns.sums) FROM (
                SELECT environment, 'd' || substr(period, 2, 10) AS period,
                \((SumColumns.names.dropFirst(2) + SumColumns.figures).joined(separator: ", ")) FROM sum_rows
            ) AS hours GROUP BY \(SumColumns.namesList);
        """

    static let sql = """
        \(table(text: "TEXT", number: "INTEGER", rest: " STRICT, WITHOUT ROWID"))
        \(fill)
        """

    /// Nobody writes events while those that are there are added up.
    static let postgres = """
        LOCK TABLE event_rows IN SHARE ROW EXCLUSIVE MODE;
        \(table(text: #"TEXT COLLATE "C""#, number: "BIGINT", rest: ""))
        \(fill)
        """
}

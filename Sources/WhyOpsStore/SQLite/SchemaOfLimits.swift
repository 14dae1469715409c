/// The step that bounds what one tenant's names take in lists, and has in indexes what long lists and figures are made of.
enum SchemaOfLimits {
    static let sql = """
        \(names)
        ALTER TABLE agent_versions ADD COLUMN definition_hash TEXT;
        ALTER TABLE trace_rows ADD COLUMN agent_number INTEGER;
        ALTER TABLE trace_rows ADD COLUMN version_number INTEGER;
        \(numbers)
        \(indexes)
        INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
            ('trace_rows', 'trace_rows_by_activity', '1000000 1000000 1 1 1'),
            ('trace_rows', 'trace_rows_by_agent', '1000000 1000000 10000 1 1'),
            ('trace_rows', 'trace_rows_by_version', '1000000 1000000 10000 1 1'),
            ('trace_rows', 'trace_rows_by_user', '1000000 1000000 100 1 1'),
            ('event_rows', 'event_rows_by_time', '10000000 1000000 1 1 1 1 1 1'),
            ('event_rows', 'event_rows_by_use',
            '5000000 1000000 10 5 5 2 2 2 2 1 1 1 1 1 1 1 1 1');
        ANALYZE sqlite_schema;
        """

    /// Which events count for use, in words that a file finds for every event that it writes without making a table of them, as it
    /// does for a list of three.
    static let isUse = "(event_type = 'llm_response' OR event_type = 'embedding_response' OR event_type = 'error')"

    /// The step that says so in the index, since a reader finds an index only by the same words.
    static let useWithoutList = """
        DROP INDEX event_rows_by_use;
        CREATE INDEX event_rows_by_use ON event_rows (environment, timestamp, agent_id, trace, event_type, provider_id,
            provider, model, cache_accounting, latency_ms, prompt_tokens, completion_tokens, total_tokens,
            cache_read_tokens, cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens)
            WHERE \(isUse);
        """

    /// What the planner of a file is told with it.
    static let useFigures = """
        INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
            ('event_rows', 'event_rows_by_use',
            '5000000 1000000 10 5 5 2 2 2 2 1 1 1 1 1 1 1 1 1');
        ANALYZE sqlite_schema;
        """

    /// EVT-54: what was stored before is cut in the columns that lists are made of.
    static let names = """
        UPDATE trace_rows SET model = \(ListedName.sql("model")) WHERE length(model) > \(ListedName.maximum);
        UPDATE event_rows SET model = \(ListedName.sql("model")), provider = \(ListedName.sql("provider")),
            finish_reason = \(ListedName.sql("finish_reason"))
            WHERE length(model) > \(ListedName.maximum) OR length(provider) > \(ListedName.maximum)
            OR length(finish_reason) > \(ListedName.maximum);
        """

    /// The places of the traces that agents and versions have begun.
    static let numbers = """
        UPDATE trace_rows SET agent_number = placed.by_agent, version_number = placed.by_version FROM (
            SELECT key AS place, row_number() OVER (PARTITION BY environment, agent_id ORDER BY created_at, key) AS by_agent,
            row_number() OVER (PARTITION BY environment, agent_version_id ORDER BY created_at, key) AS by_version
            FROM trace_rows
        ) AS placed WHERE placed.place = key;
        """

    /// Lists read their order, and figures what they add up, from these alone.
    static let indexes = """
        DROP INDEX trace_rows_by_activity;
        CREATE INDEX trace_rows_by_activity ON trace_rows (environment, last_activity DESC, trace_id, byte_count);
        DROP INDEX trace_rows_by_agent;
        CREATE INDEX trace_rows_by_agent ON trace_rows (environment, agent_id, created_at, agent_number);
        CREATE INDEX trace_rows_by_version ON trace_rows (environment, agent_version_id, created_at, version_number);
        CREATE INDEX trace_rows_by_user ON trace_rows (environment, external_user_id, last_activity DESC, trace_id)
            WHERE external_user_id IS NOT NULL;
        DROP INDEX event_rows_by_time;
        CREATE INDEX event_rows_by_time ON event_rows (environment, timestamp, step_id, id, agent_id, event_type, latency_ms);
        CREATE INDEX event_rows_by_use ON event_rows (environment, timestamp, agent_id, trace, event_type, provider_id,
            provider, model, cache_accounting, latency_ms, prompt_tokens, completion_tokens, total_tokens,
            cache_read_tokens, cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens)
            WHERE event_type IN ('llm_response', 'embedding_response', 'error');
        """
}

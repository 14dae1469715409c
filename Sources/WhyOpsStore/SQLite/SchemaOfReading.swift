/// The step that made room for those who read: figures of an event before its large texts, what metadata says for figures in
/// columns of its own, and which agents a trace has.
///
/// A row's texts go on in pages of their own, and what stands behind them is found only through all of these.
enum SchemaOfReading {
    static let sql = """
        DROP VIEW IF EXISTS events;
        DROP VIEW IF EXISTS traces;
        CREATE TABLE event_rows_12 (
            trace INTEGER NOT NULL REFERENCES trace_rows(key),
            step_id INTEGER NOT NULL CHECK (step_id BETWEEN 1 AND 2147483647),
            parent_step_id INTEGER,
            environment INTEGER NOT NULL,
            id TEXT NOT NULL UNIQUE,
            event_type TEXT NOT NULL,
            span_id TEXT NOT NULL,
            timestamp TEXT NOT NULL,
            agent_id TEXT NOT NULL,
            agent_version_id TEXT NOT NULL,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            total_tokens INTEGER,
            cache_read_tokens INTEGER,
            cache_write_tokens INTEGER,
            cache_write_5m_tokens INTEGER,
            cache_write_1h_tokens INTEGER,
            latency_ms INTEGER,
            created_at TEXT NOT NULL,
            provider_id TEXT,
            agent_name TEXT NOT NULL,
            external_user_id TEXT,
            idempotency_key TEXT,
            fingerprint TEXT,
            model TEXT,
            -- What the metadata names: the vendor, and whether cached tokens are among those of the prompt.
            provider TEXT,
            cache_accounting TEXT,
            finish_reason TEXT,
            metadata TEXT,
            content TEXT,
            UNIQUE (trace, step_id)
        ) STRICT;
        INSERT INTO event_rows_12 (
            trace, environment, step_id, parent_step_id, id, event_type, span_id, timestamp, agent_id, agent_version_id,
            agent_name, external_user_id, provider_id, idempotency_key, fingerprint, content, metadata, model,
            prompt_tokens, completion_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens,
            cache_write_1h_tokens, latency_ms, finish_reason, created_at, provider, cache_accounting
        ) SELECT
            trace, environment, step_id, parent_step_id, id, event_type, span_id, timestamp, agent_id, agent_version_id,
            agent_name, external_user_id, provider_id, idempotency_key, fingerprint, content, metadata, model,
            prompt_tokens, completion_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens,
            cache_write_1h_tokens, latency_ms, finish_reason, created_at,
            CASE WHEN json_valid(metadata) AND json_type(metadata, '$.provider') = 'text'
                THEN json_extract(metadata, '$.provider') END,
            CASE WHEN NOT json_valid(metadata) THEN NULL
                WHEN json_extract(metadata, '$.usage.cacheAccounting') IN ('inclusive', 'exclusive')
                    THEN json_extract(metadata, '$.usage.cacheAccounting')
                WHEN json_type(metadata, '$.usage.cache_read_input_tokens') IS NOT NULL
                    OR json_type(metadata, '$.usage.cache_creation_input_tokens') IS NOT NULL THEN 'exclusive'
                WHEN json_type(metadata, '$.usage.prompt_tokens_details') = 'object'
                    OR json_type(metadata, '$.usage.input_tokens_details') = 'object' THEN 'inclusive' END
        FROM event_rows ORDER BY rowid;
        DROP TABLE event_rows;
        ALTER TABLE event_rows_12 RENAME TO event_rows;
        CREATE UNIQUE INDEX event_rows_by_key ON event_rows (trace, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE INDEX event_rows_by_request_span ON event_rows (trace, span_id) WHERE event_type = 'tool_call_request';
        CREATE INDEX event_rows_by_time ON event_rows (environment, timestamp);
        CREATE INDEX event_rows_by_provider ON event_rows (environment, provider_id, timestamp)
            WHERE provider_id IS NOT NULL;

        -- The agents that have events in a trace, and when each was there last.
        CREATE TABLE trace_agents (
            trace INTEGER NOT NULL,
            agent_version_id TEXT NOT NULL,
            agent_id TEXT NOT NULL,
            last_active TEXT NOT NULL,
            PRIMARY KEY (trace, agent_version_id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO trace_agents
            SELECT trace, agent_version_id, agent_id, max(created_at) FROM event_rows GROUP BY 1, 2, 3;
        CREATE INDEX trace_agents_by_agent ON trace_agents (agent_id, last_active);

        CREATE VIEW traces AS SELECT
            e.id AS environment_id, t.key, t.trace_id, t.agent_id, t.agent_version_id, t.external_user_id, t.provider_id,
            t.model, t.last_step, t.event_count, t.first_event_at, t.last_event_at, t.created_at, t.last_activity,
            t.total_tokens, t.error_count
        FROM environments e JOIN trace_rows t ON t.environment = e.number;
        CREATE VIEW events AS SELECT
            e.id AS environment_id, t.trace_id, r.step_id, r.parent_step_id, r.id, r.event_type, r.span_id, r.timestamp,
            r.agent_id, r.agent_version_id, r.agent_name, r.external_user_id, r.provider_id, r.idempotency_key,
            r.fingerprint, r.content, r.metadata, r.model, r.prompt_tokens, r.completion_tokens, r.total_tokens,
            r.cache_read_tokens, r.cache_write_tokens, r.cache_write_5m_tokens, r.cache_write_1h_tokens, r.latency_ms,
            r.finish_reason, r.created_at, r.provider, r.cache_accounting
        FROM environments e JOIN trace_rows t ON t.environment = e.number
        JOIN event_rows r ON r.trace = t.key AND r.environment = e.number;

        -- What the step of the numbers wrote down for the planner went with the table.
        DELETE FROM sqlite_stat1 WHERE tbl IN ('event_rows', 'event_rows_12', 'trace_agents');
        INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
            ('event_rows', 'sqlite_autoindex_event_rows_1', '10000000 1'),
            ('event_rows', 'sqlite_autoindex_event_rows_2', '10000000 10 1'),
            ('event_rows', 'event_rows_by_key', '5000000 5 1'),
            ('event_rows', 'event_rows_by_request_span', '1000000 2 1'),
            ('event_rows', 'event_rows_by_time', '10000000 1000000 1'),
            ('event_rows', 'event_rows_by_provider', '1000000 100000 10000 1'),
            ('trace_agents', 'trace_agents', '1000000 1 1'),
            ('trace_agents', 'trace_agents_by_agent', '1000000 10000 1');
        ANALYZE sqlite_schema;
        """
}

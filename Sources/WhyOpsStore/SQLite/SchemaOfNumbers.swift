/// The step that gave environments and traces small numbers.
///
/// Every index of a table that grows repeats the key of its rows, and the texts of an environment and a trace are 70 bytes
/// of it: with numbers the indexes are less than half as large. Who reads finds the texts where they were, in views.
enum SchemaOfNumbers {
    static let sql = """
        ALTER TABLE environments ADD COLUMN number INTEGER;
        UPDATE environments SET number = rowid;
        CREATE UNIQUE INDEX environments_by_number ON environments (number);

        CREATE TABLE trace_rows (
            key INTEGER PRIMARY KEY,
            environment INTEGER NOT NULL,
            trace_id TEXT NOT NULL,
            agent_id TEXT NOT NULL REFERENCES agents(id),
            agent_version_id TEXT NOT NULL REFERENCES agent_versions(id),
            external_user_id TEXT,
            provider_id TEXT,
            model TEXT,
            last_step INTEGER NOT NULL,
            event_count INTEGER NOT NULL,
            first_event_at TEXT NOT NULL,
            last_event_at TEXT NOT NULL,
            created_at TEXT NOT NULL,
            last_activity TEXT NOT NULL,
            UNIQUE (environment, trace_id)
        ) STRICT;
        INSERT INTO trace_rows (
            environment, trace_id, agent_id, agent_version_id, external_user_id, provider_id, model, last_step, event_count,
            first_event_at, last_event_at, created_at, last_activity
        ) SELECT
            e.number, t.trace_id, t.agent_id, t.agent_version_id, t.external_user_id, t.provider_id, t.model, t.last_step,
            t.event_count, t.first_event_at, t.last_event_at, t.created_at, t.last_activity
        FROM traces t JOIN environments e ON e.id = t.environment_id;

        CREATE TABLE event_rows (
            trace INTEGER NOT NULL REFERENCES trace_rows(key),
            step_id INTEGER NOT NULL CHECK (step_id BETWEEN 1 AND 2147483647),
            parent_step_id INTEGER,
            environment INTEGER NOT NULL,
            id TEXT NOT NULL UNIQUE,
            event_type TEXT NOT NULL,
            span_id TEXT NOT NULL,
            timestamp TEXT NOT NULL,
            -- Written in the transaction that has just read or made the rows that they name.
            agent_id TEXT NOT NULL,
            agent_version_id TEXT NOT NULL,
            agent_name TEXT NOT NULL,
            external_user_id TEXT,
            provider_id TEXT,
            idempotency_key TEXT,
            fingerprint TEXT,
            content TEXT,
            metadata TEXT,
            model TEXT,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            total_tokens INTEGER,
            cache_read_tokens INTEGER,
            cache_write_tokens INTEGER,
            cache_write_5m_tokens INTEGER,
            cache_write_1h_tokens INTEGER,
            latency_ms INTEGER,
            finish_reason TEXT,
            created_at TEXT NOT NULL,
            UNIQUE (trace, step_id)
        ) STRICT;
        INSERT INTO event_rows (
            trace, environment, step_id, parent_step_id, id, event_type, span_id, timestamp, agent_id, agent_version_id,
            agent_name, external_user_id, provider_id, idempotency_key, fingerprint, content, metadata, model,
            prompt_tokens, completion_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens,
            cache_write_1h_tokens, latency_ms, finish_reason, created_at
        ) SELECT
            t.key, t.environment, v.step_id, v.parent_step_id, v.id, v.event_type, v.span_id, v.timestamp, v.agent_id,
            v.agent_version_id, v.agent_name, v.external_user_id, v.provider_id, v.idempotency_key, v.fingerprint,
            v.content, v.metadata, v.model, v.prompt_tokens, v.completion_tokens, v.total_tokens, v.cache_read_tokens,
            v.cache_write_tokens, v.cache_write_5m_tokens, v.cache_write_1h_tokens, v.latency_ms, v.finish_reason,
            v.created_at
        FROM events v JOIN environments e ON e.id = v.environment_id
        JOIN trace_rows t ON t.environment = e.number AND t.trace_id = v.trace_id ORDER BY v.rowid;

        CREATE TABLE name_rows (
            trace INTEGER NOT NULL,
            name TEXT NOT NULL,
            step_id INTEGER NOT NULL,
            PRIMARY KEY (trace, name, step_id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO name_rows SELECT t.key, n.name, n.step_id
        FROM stitch_names n JOIN environments e ON e.id = n.environment_id
        JOIN trace_rows t ON t.environment = e.number AND t.trace_id = n.trace_id;

        -- A link may come before its trace, so it names it by its text.
        CREATE TABLE link_rows (
            key INTEGER PRIMARY KEY,
            environment INTEGER NOT NULL,
            kind TEXT NOT NULL,
            echo TEXT NOT NULL,
            trace_id TEXT NOT NULL,
            is_ambiguous INTEGER NOT NULL,
            -- Seconds since 1970.
            created_at REAL NOT NULL,
            UNIQUE (environment, kind, echo)
        ) STRICT;
        INSERT INTO link_rows (environment, kind, echo, trace_id, is_ambiguous, created_at)
        SELECT e.number, l.kind, l.echo, l.trace_id, l.is_ambiguous, l.created_at
        FROM stitch_links l JOIN environments e ON e.id = l.environment_id ORDER BY l.created_at;

        DROP TABLE events;
        DROP TABLE traces;
        DROP TABLE stitch_names;
        DROP TABLE stitch_links;

        CREATE INDEX trace_rows_by_activity ON trace_rows (environment, last_activity);
        CREATE UNIQUE INDEX event_rows_by_key ON event_rows (trace, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE INDEX event_rows_by_request_span ON event_rows (trace, span_id) WHERE event_type = 'tool_call_request';
        CREATE INDEX event_rows_by_time ON event_rows (environment, timestamp);
        CREATE INDEX link_rows_by_age ON link_rows (created_at);

        CREATE VIEW traces AS SELECT
            e.id AS environment_id, t.trace_id, t.agent_id, t.agent_version_id, t.external_user_id, t.provider_id, t.model,
            t.last_step, t.event_count, t.first_event_at, t.last_event_at, t.created_at, t.last_activity
        FROM environments e JOIN trace_rows t ON t.environment = e.number;
        CREATE VIEW events AS SELECT
            e.id AS environment_id, t.trace_id, r.step_id, r.parent_step_id, r.id, r.event_type, r.span_id, r.timestamp,
            r.agent_id, r.agent_version_id, r.agent_name, r.external_user_id, r.provider_id, r.idempotency_key,
            r.fingerprint, r.content, r.metadata, r.model, r.prompt_tokens, r.completion_tokens, r.total_tokens,
            r.cache_read_tokens, r.cache_write_tokens, r.cache_write_5m_tokens, r.cache_write_1h_tokens, r.latency_ms,
            r.finish_reason, r.created_at
        FROM environments e JOIN trace_rows t ON t.environment = e.number
        JOIN event_rows r ON r.trace = t.key AND r.environment = e.number;

        -- Without figures the planner takes an environment to be as small as a trace, and would look for the events of one
        -- trace among all of its environment. These are those of a large store; nothing measures them anew.
        ANALYZE;
        DELETE FROM sqlite_stat1;
        INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
            ('environments', 'environments_by_number', '100 1'),
            ('environments', 'sqlite_autoindex_environments_1', '100 1'),
            ('trace_rows', 'sqlite_autoindex_trace_rows_1', '1000000 1000000 1'),
            ('trace_rows', 'trace_rows_by_activity', '1000000 1000000 1'),
            ('event_rows', 'sqlite_autoindex_event_rows_1', '10000000 1'),
            ('event_rows', 'sqlite_autoindex_event_rows_2', '10000000 10 1'),
            ('event_rows', 'event_rows_by_key', '5000000 5 1'),
            ('event_rows', 'event_rows_by_request_span', '1000000 2 1'),
            ('event_rows', 'event_rows_by_time', '10000000 1000000 1');
        ANALYZE sqlite_schema;
        """
}

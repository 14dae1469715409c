/// The step that gave ingest its settings of agents, totals of traces, keys of requests and dead letters.
enum SchemaOfIngest {
    static let sql = """
        ALTER TABLE agents ADD COLUMN max_traces INTEGER;
        ALTER TABLE agents ADD COLUMN max_spans INTEGER;
        -- A deleted agent's row stays under a name that none can have, since to look for events that refer to it would take
        -- the time of all events.
        ALTER TABLE agents ADD COLUMN deleted_at TEXT;
        ALTER TABLE agent_versions ADD COLUMN sampling_rate REAL NOT NULL DEFAULT 1;
        ALTER TABLE agent_versions ADD COLUMN updated_at TEXT;
        ALTER TABLE trace_rows ADD COLUMN total_tokens INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE trace_rows ADD COLUMN error_count INTEGER NOT NULL DEFAULT 0;
        UPDATE trace_rows SET
            total_tokens = (SELECT coalesce(sum(total_tokens), 0) FROM event_rows WHERE trace = trace_rows.key),
            error_count = (SELECT count(*) FROM event_rows WHERE trace = trace_rows.key AND event_type = 'error');
        DROP VIEW IF EXISTS traces;
        CREATE VIEW traces AS SELECT
            e.id AS environment_id, t.trace_id, t.agent_id, t.agent_version_id, t.external_user_id, t.provider_id, t.model,
            t.last_step, t.event_count, t.first_event_at, t.last_event_at, t.created_at, t.last_activity, t.total_tokens,
            t.error_count
        FROM environments e JOIN trace_rows t ON t.environment = e.number;
        CREATE INDEX trace_rows_by_agent ON trace_rows (environment, agent_id, created_at);
        INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
            ('trace_rows', 'trace_rows_by_agent', '1000000 1000000 10000 1');
        ANALYZE sqlite_schema;
        -- Traces of which nothing is kept (ING-28).
        CREATE TABLE sampled_out (
            environment_id TEXT NOT NULL REFERENCES environments(id),
            trace_id TEXT NOT NULL,
            message TEXT NOT NULL,
            created_at TEXT NOT NULL,
            PRIMARY KEY (environment_id, trace_id)
        ) STRICT, WITHOUT ROWID;
        -- Requests that were answered under a key of their own (ING-23).
        CREATE TABLE idempotent_requests (
            environment_id TEXT NOT NULL REFERENCES environments(id),
            key TEXT NOT NULL,
            digest TEXT NOT NULL,
            results TEXT NOT NULL,
            -- Seconds since 1970.
            created_at REAL NOT NULL,
            PRIMARY KEY (environment_id, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotent_requests_by_age ON idempotent_requests (created_at);
        CREATE TABLE dead_letters (
            -- In the order in which they came.
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            environment_id TEXT NOT NULL REFERENCES environments(id),
            source TEXT NOT NULL,
            code TEXT NOT NULL,
            message TEXT NOT NULL,
            -- JSON: a list of faults.
            details TEXT NOT NULL,
            event_type TEXT,
            trace_id TEXT,
            agent_name TEXT,
            attempts INTEGER NOT NULL,
            event BLOB NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX dead_letters_by_environment ON dead_letters (environment_id, number);
        """

    /// How an event came that could not be stored, and the size of it with its faults, from the index alone.
    static let sendings = """
        ALTER TABLE dead_letters ADD COLUMN fixed_type TEXT;
        ALTER TABLE dead_letters ADD COLUMN profile TEXT NOT NULL DEFAULT 'original';
        ALTER TABLE dead_letters ADD COLUMN external_user_id TEXT;
        ALTER TABLE dead_letters ADD COLUMN byte_count INTEGER NOT NULL DEFAULT 0;
        UPDATE dead_letters SET byte_count = length(event) + length(details) + length(message);
        DROP INDEX dead_letters_by_environment;
        CREATE INDEX dead_letters_by_environment ON dead_letters (environment_id, number, byte_count);
        """

    /// The spans of the traces in which an agent's limit has been asked about (ING-29); of others they need not be known.
    static let spans = """
        ALTER TABLE trace_rows ADD COLUMN span_count INTEGER;
        CREATE TABLE span_rows (
            trace INTEGER NOT NULL,
            span_id TEXT NOT NULL,
            PRIMARY KEY (trace, span_id)
        ) STRICT, WITHOUT ROWID;
        """
}

/// The tables on a server, migration by migration, under the names that SQLite files have for the same state.
enum PostgresSchema {
    /// Only ever grows at the end. No server has had an earlier state than the first one.
    static let migrations: [(name: String, sql: String)] = [
        ("12-reading", base), ("13-retention", SchemaOfKeeping.postgres), ("14-limits", limits),
        ("15-use-without-list", SchemaOfLimits.useWithoutList), ("16-sums", SchemaOfSums.postgres),
    ]

    /// Brings the tables up to date inside a transaction; nodes that start at the same time wait for each other.
    static func migrate(_ database: Database) throws {
        try database.execute(sql: "SET LOCAL lock_timeout = '60s'")
        try database.execute(sql: PostgresTransaction.lock(PostgresTransaction.migrating))
        let isNew = try Bool.fetchOne(database, sql: "SELECT to_regclass('whyops_migrations') IS NULL") ?? true
        if isNew {
            if try Bool.fetchOne(database, sql: foreign) == true {
                throw StoreError(
                    .unavailable,
                    "The database has tables of another program. Name one that is empty."
                )
            }
            try database.execute(sql: "CREATE TABLE whyops_migrations (name TEXT NOT NULL PRIMARY KEY)")
        }
        let done = try String.fetchAll(database, sql: "SELECT name FROM whyops_migrations")
        guard Set(done).isSubset(of: migrations.map(\.name)) else {
            throw StoreError(
                .newerDatabase,
                "The database was written by a later version of this program. Use that version, or another database."
            )
        }
        for migration in migrations where !done.contains(migration.name) {
            try database.execute(sql: migration.sql)
            try database.execute(
                sql: "INSERT INTO whyops_migrations (name) VALUES (?)",
                arguments: [migration.name]
            )
        }
    }

    private static let limits = """
        \(SchemaOfLimits.names)
        ALTER TABLE agent_versions ADD COLUMN definition_hash TEXT COLLATE "C";
        ALTER TABLE trace_rows ADD COLUMN agent_number BIGINT;
        ALTER TABLE trace_rows ADD COLUMN version_number BIGINT;
        \(SchemaOfLimits.numbers)
        \(SchemaOfLimits.indexes)
        """

    private static let foreign = """
        SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema()
        AND tablename IN ('projects', 'environments', 'api_keys', 'agents', 'trace_rows', 'event_rows'))
        """

    /// Texts compare by their bytes, as in a SQLite file. `rowid` is the order of rows that SQLite has by itself.
    private static let base = template.replacing("bytes_text", with: #"TEXT COLLATE "C""#)

    private static let template = """
        CREATE TABLE projects (
            id bytes_text NOT NULL PRIMARY KEY,
            name bytes_text NOT NULL UNIQUE,
            created_at bytes_text NOT NULL,
            deactivated_at DOUBLE PRECISION,
            rowid BIGINT GENERATED ALWAYS AS IDENTITY
        );
        CREATE TABLE environments (
            id bytes_text NOT NULL PRIMARY KEY,
            project_id bytes_text NOT NULL REFERENCES projects(id),
            name bytes_text NOT NULL,
            created_at bytes_text NOT NULL,
            number BIGINT UNIQUE,
            deactivated_at DOUBLE PRECISION,
            rowid BIGINT GENERATED ALWAYS AS IDENTITY,
            UNIQUE (project_id, name)
        );
        CREATE TABLE api_keys (
            id bytes_text NOT NULL PRIMARY KEY,
            sha256 bytes_text NOT NULL UNIQUE,
            environment_id bytes_text NOT NULL REFERENCES environments(id),
            created_at bytes_text NOT NULL,
            name bytes_text NOT NULL DEFAULT '',
            prefix bytes_text NOT NULL DEFAULT '',
            agent_name bytes_text,
            requests_per_minute BIGINT,
            expires_at DOUBLE PRECISION,
            revoked_at DOUBLE PRECISION,
            last_used_at DOUBLE PRECISION,
            replaced_by bytes_text,
            rowid BIGINT GENERATED ALWAYS AS IDENTITY
        );
        CREATE INDEX api_keys_by_environment ON api_keys (environment_id);
        CREATE TABLE agents (
            id bytes_text NOT NULL PRIMARY KEY,
            environment_id bytes_text NOT NULL REFERENCES environments(id),
            name bytes_text NOT NULL,
            current_version_id bytes_text NOT NULL,
            created_at bytes_text NOT NULL,
            updated_at bytes_text NOT NULL,
            max_traces BIGINT,
            max_spans BIGINT,
            deleted_at bytes_text,
            UNIQUE (environment_id, name)
        );
        CREATE TABLE agent_versions (
            id bytes_text NOT NULL PRIMARY KEY,
            agent_id bytes_text NOT NULL REFERENCES agents(id),
            hash bytes_text NOT NULL,
            metadata bytes_text NOT NULL,
            created_at bytes_text NOT NULL,
            sampling_rate DOUBLE PRECISION NOT NULL DEFAULT 1,
            updated_at bytes_text,
            rowid BIGINT GENERATED ALWAYS AS IDENTITY,
            UNIQUE (agent_id, hash)
        );
        CREATE TABLE signing_keys (
            environment_id bytes_text NOT NULL REFERENCES environments(id),
            id BIGINT NOT NULL CHECK (id BETWEEN 0 AND 15),
            secret BYTEA NOT NULL,
            is_sealed BOOLEAN NOT NULL,
            signs_from DOUBLE PRECISION NOT NULL,
            created_at bytes_text NOT NULL,
            sealed_by bytes_text,
            PRIMARY KEY (environment_id, id)
        );
        CREATE TABLE providers (
            environment_id bytes_text NOT NULL REFERENCES environments(id),
            slug bytes_text NOT NULL,
            vendor bytes_text NOT NULL,
            base_url bytes_text NOT NULL,
            credential BYTEA,
            credential_variable bytes_text,
            is_whyops BOOLEAN NOT NULL,
            is_default BOOLEAN NOT NULL,
            created_at bytes_text NOT NULL,
            sealed_by bytes_text,
            PRIMARY KEY (environment_id, slug)
        );
        CREATE UNIQUE INDEX providers_by_default ON providers (environment_id, vendor) WHERE is_default;
        CREATE TABLE signature_rules (
            environment_id bytes_text NOT NULL REFERENCES environments(id),
            agent_name bytes_text NOT NULL,
            signature bytes_text,
            policy bytes_text,
            updated_at bytes_text NOT NULL,
            PRIMARY KEY (environment_id, agent_name)
        );
        CREATE TABLE trace_rows (
            key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            environment BIGINT NOT NULL,
            trace_id bytes_text NOT NULL,
            agent_id bytes_text NOT NULL REFERENCES agents(id),
            agent_version_id bytes_text NOT NULL REFERENCES agent_versions(id),
            external_user_id bytes_text,
            provider_id bytes_text,
            model bytes_text,
            last_step BIGINT NOT NULL,
            event_count BIGINT NOT NULL,
            first_event_at bytes_text NOT NULL,
            last_event_at bytes_text NOT NULL,
            created_at bytes_text NOT NULL,
            last_activity bytes_text NOT NULL,
            total_tokens BIGINT NOT NULL DEFAULT 0,
            error_count BIGINT NOT NULL DEFAULT 0,
            span_count BIGINT,
            UNIQUE (environment, trace_id)
        );
        CREATE INDEX trace_rows_by_activity ON trace_rows (environment, last_activity);
        CREATE INDEX trace_rows_by_agent ON trace_rows (environment, agent_id, created_at);
        CREATE TABLE event_rows (
            rowid BIGINT GENERATED ALWAYS AS IDENTITY,
            trace BIGINT NOT NULL REFERENCES trace_rows(key),
            step_id BIGINT NOT NULL CHECK (step_id BETWEEN 1 AND 2147483647),
            parent_step_id BIGINT,
            environment BIGINT NOT NULL,
            id bytes_text NOT NULL UNIQUE,
            event_type bytes_text NOT NULL,
            span_id bytes_text NOT NULL,
            timestamp bytes_text NOT NULL,
            agent_id bytes_text NOT NULL,
            agent_version_id bytes_text NOT NULL,
            prompt_tokens BIGINT,
            completion_tokens BIGINT,
            total_tokens BIGINT,
            cache_read_tokens BIGINT,
            cache_write_tokens BIGINT,
            cache_write_5m_tokens BIGINT,
            cache_write_1h_tokens BIGINT,
            latency_ms BIGINT,
            created_at bytes_text NOT NULL,
            provider_id bytes_text,
            agent_name bytes_text NOT NULL,
            external_user_id bytes_text,
            idempotency_key bytes_text,
            fingerprint bytes_text,
            model bytes_text,
            provider bytes_text,
            cache_accounting bytes_text,
            finish_reason bytes_text,
            metadata bytes_text,
            content bytes_text,
            UNIQUE (trace, step_id)
        );
        CREATE UNIQUE INDEX event_rows_by_key ON event_rows (trace, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE INDEX event_rows_by_request_span ON event_rows (trace, span_id) WHERE event_type = 'tool_call_request';
        CREATE INDEX event_rows_by_time ON event_rows (environment, timestamp);
        CREATE INDEX event_rows_by_provider ON event_rows (environment, provider_id, timestamp)
            WHERE provider_id IS NOT NULL;
        CREATE TABLE name_rows (
            trace BIGINT NOT NULL,
            name bytes_text NOT NULL,
            step_id BIGINT NOT NULL,
            PRIMARY KEY (trace, name, step_id)
        );
        CREATE TABLE span_rows (
            trace BIGINT NOT NULL,
            span_id bytes_text NOT NULL,
            PRIMARY KEY (trace, span_id)
        );
        CREATE TABLE trace_agents (
            trace BIGINT NOT NULL,
            agent_version_id bytes_text NOT NULL,
            agent_id bytes_text NOT NULL,
            last_active bytes_text NOT NULL,
            PRIMARY KEY (trace, agent_version_id)
        );
        CREATE INDEX trace_agents_by_agent ON trace_agents (agent_id, last_active);
        CREATE TABLE link_rows (
            key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            environment BIGINT NOT NULL,
            kind bytes_text NOT NULL,
            echo bytes_text NOT NULL,
            trace_id bytes_text NOT NULL,
            is_ambiguous BOOLEAN NOT NULL,
            created_at DOUBLE PRECISION NOT NULL,
            UNIQUE (environment, kind, echo)
        );
        CREATE INDEX link_rows_by_age ON link_rows (created_at);
        CREATE TABLE sampled_out (
            environment_id bytes_text NOT NULL REFERENCES environments(id),
            trace_id bytes_text NOT NULL,
            message bytes_text NOT NULL,
            created_at bytes_text NOT NULL,
            PRIMARY KEY (environment_id, trace_id)
        );
        CREATE TABLE idempotent_requests (
            environment_id bytes_text NOT NULL REFERENCES environments(id),
            key bytes_text NOT NULL,
            digest bytes_text NOT NULL,
            results bytes_text NOT NULL,
            created_at DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (environment_id, key)
        );
        CREATE INDEX idempotent_requests_by_age ON idempotent_requests (created_at);
        CREATE TABLE dead_letters (
            number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id bytes_text NOT NULL UNIQUE,
            environment_id bytes_text NOT NULL REFERENCES environments(id),
            source bytes_text NOT NULL,
            code bytes_text NOT NULL,
            message bytes_text NOT NULL,
            details bytes_text NOT NULL,
            event_type bytes_text,
            trace_id bytes_text,
            agent_name bytes_text,
            attempts BIGINT NOT NULL,
            event BYTEA NOT NULL,
            created_at bytes_text NOT NULL,
            updated_at bytes_text NOT NULL,
            fixed_type bytes_text,
            profile bytes_text NOT NULL DEFAULT 'original',
            external_user_id bytes_text,
            byte_count BIGINT NOT NULL DEFAULT 0
        );
        CREATE INDEX dead_letters_by_environment ON dead_letters (environment_id, number, byte_count);

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
        JOIN event_rows r ON r.trace = t.key AND r.environment = e.number
        """
}

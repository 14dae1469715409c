import GRDB

/// The database's tables, migration by migration.
enum Schema {
    /// Migrations only ever grow at the end: a database that knows one that is not here is newer than the program.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-events") { database in
            try database.execute(sql: first)
        }
        migrator.registerMigration("2-stitch-links") { database in
            try database.execute(sql: links)
        }
        migrator.registerMigration("3-signing-keys") { database in
            try database.execute(sql: signingKeys)
        }
        migrator.registerMigration("4-stitch-names") { database in
            try database.execute(sql: names)
        }
        migrator.registerMigration("5-tenants") { database in
            try database.execute(sql: tenants)
        }
        migrator.registerMigration("6-numbers") { database in
            try database.execute(sql: SchemaOfNumbers.sql)
        }
        migrator.registerMigration("7-tenancy") { database in
            try database.execute(sql: tenancy)
        }
        migrator.registerMigration("8-ingest") { database in
            try database.execute(sql: SchemaOfIngest.sql)
        }
        migrator.registerMigration("9-signature-rules") { database in
            try database.execute(sql: SignatureRuleRows.schema)
        }
        migrator.registerMigration("10-dead-letters") { database in
            try database.execute(sql: SchemaOfIngest.sendings)
        }
        migrator.registerMigration("11-limited-spans") { database in
            try database.execute(sql: SchemaOfIngest.spans)
        }
        migrator.registerMigration("12-reading") { database in
            try database.execute(sql: SchemaOfReading.sql)
        }
        migrator.registerMigration("13-retention") { database in
            try database.execute(sql: SchemaOfKeeping.sql)
        }
        migrator.registerMigration("14-limits") { database in
            try database.execute(sql: SchemaOfLimits.sql)
        }
        migrator.registerMigration("15-use-without-list") { database in
            try database.execute(sql: SchemaOfLimits.useWithoutList + SchemaOfLimits.useFigures)
        }
        migrator.registerMigration("16-sums") { database in
            try database.execute(sql: SchemaOfSums.sql)
        }
        return migrator
    }

    /// Every table that grows is keyed by environment and trace, so that an engine below can distribute by them.
    private static let first = """
        CREATE TABLE projects (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE environments (
            id TEXT NOT NULL PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects(id),
            name TEXT NOT NULL,
            created_at TEXT NOT NULL,
            UNIQUE (project_id, name)
        ) STRICT;
        CREATE TABLE api_keys (
            id TEXT NOT NULL PRIMARY KEY,
            -- The SHA-256 of the key; the key itself is never stored.
            sha256 TEXT NOT NULL UNIQUE,
            environment_id TEXT NOT NULL REFERENCES environments(id),
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE agents (
            id TEXT NOT NULL PRIMARY KEY,
            environment_id TEXT NOT NULL REFERENCES environments(id),
            name TEXT NOT NULL,
            current_version_id TEXT NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            UNIQUE (environment_id, name)
        ) STRICT;
        CREATE TABLE agent_versions (
            id TEXT NOT NULL PRIMARY KEY,
            agent_id TEXT NOT NULL REFERENCES agents(id),
            hash TEXT NOT NULL,
            metadata TEXT NOT NULL,
            created_at TEXT NOT NULL,
            UNIQUE (agent_id, hash)
        ) STRICT;
        CREATE TABLE traces (
            environment_id TEXT NOT NULL REFERENCES environments(id),
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
            PRIMARY KEY (environment_id, trace_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX traces_by_activity ON traces (environment_id, last_activity);
        CREATE TABLE events (
            environment_id TEXT NOT NULL,
            trace_id TEXT NOT NULL,
            step_id INTEGER NOT NULL CHECK (step_id BETWEEN 1 AND 2147483647),
            parent_step_id INTEGER,
            id TEXT NOT NULL UNIQUE,
            event_type TEXT NOT NULL,
            span_id TEXT NOT NULL,
            timestamp TEXT NOT NULL,
            agent_id TEXT NOT NULL REFERENCES agents(id),
            agent_version_id TEXT NOT NULL REFERENCES agent_versions(id),
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
            FOREIGN KEY (environment_id, trace_id) REFERENCES traces(environment_id, trace_id),
            UNIQUE (environment_id, trace_id, step_id)
        ) STRICT;
        CREATE UNIQUE INDEX events_by_key ON events (environment_id, trace_id, idempotency_key)
            WHERE idempotency_key IS NOT NULL;
        CREATE INDEX events_by_request_span ON events (environment_id, trace_id, span_id)
            WHERE event_type = 'tool_call_request';
        CREATE INDEX events_by_time ON events (environment_id, timestamp);
        """

    private static let signingKeys = """
        CREATE TABLE signing_keys (
            environment_id TEXT NOT NULL REFERENCES environments(id),
            id INTEGER NOT NULL CHECK (id BETWEEN 0 AND 15),
            -- 32 bytes, or what AES-256-GCM makes of them.
            secret BLOB NOT NULL,
            is_sealed INTEGER NOT NULL,
            -- Seconds since 1970.
            signs_from REAL NOT NULL,
            created_at TEXT NOT NULL,
            PRIMARY KEY (environment_id, id)
        ) STRICT, WITHOUT ROWID;
        """

    private static let tenants = """
        ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
        -- How the key begins, for people; never so much that it helps to find the rest.
        ALTER TABLE api_keys ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
        ALTER TABLE api_keys ADD COLUMN agent_name TEXT;
        ALTER TABLE api_keys ADD COLUMN requests_per_minute INTEGER;
        -- Seconds since 1970, as the next ones.
        ALTER TABLE api_keys ADD COLUMN expires_at REAL;
        ALTER TABLE api_keys ADD COLUMN revoked_at REAL;
        ALTER TABLE api_keys ADD COLUMN last_used_at REAL;
        CREATE INDEX api_keys_by_environment ON api_keys (environment_id);
        UPDATE api_keys SET name = 'WHYOPS_API_KEY';
        CREATE TABLE providers (
            environment_id TEXT NOT NULL REFERENCES environments(id),
            slug TEXT NOT NULL,
            vendor TEXT NOT NULL,
            base_url TEXT NOT NULL,
            -- What AES-256-GCM makes of the credential.
            credential BLOB,
            -- The variable of the proxies that holds the credential instead.
            credential_variable TEXT,
            is_whyops INTEGER NOT NULL,
            is_default INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            PRIMARY KEY (environment_id, slug)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX providers_by_default ON providers (environment_id, vendor) WHERE is_default;
        """

    private static let tenancy = """
        -- Seconds since 1970; nobody is let in from then on.
        ALTER TABLE projects ADD COLUMN deactivated_at REAL;
        ALTER TABLE environments ADD COLUMN deactivated_at REAL;
        -- The key that has taken its place.
        ALTER TABLE api_keys ADD COLUMN replaced_by TEXT;
        -- The id of the encryption key; NULL for what was sealed before it was kept.
        ALTER TABLE providers ADD COLUMN sealed_by TEXT;
        ALTER TABLE signing_keys ADD COLUMN sealed_by TEXT;
        """

    private static let links = """
        CREATE TABLE stitch_links (
            environment_id TEXT NOT NULL REFERENCES environments(id),
            kind TEXT NOT NULL,
            echo TEXT NOT NULL,
            trace_id TEXT NOT NULL,
            is_ambiguous INTEGER NOT NULL,
            -- Seconds since 1970.
            created_at REAL NOT NULL,
            PRIMARY KEY (environment_id, kind, echo)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX stitch_links_by_age ON stitch_links (created_at);
        """

    private static let names = """
        -- What an event of an exchange is known by inside its trace: the span, and the names of a reply (TRC-42).
        CREATE TABLE stitch_names (
            environment_id TEXT NOT NULL,
            trace_id TEXT NOT NULL,
            name TEXT NOT NULL,
            step_id INTEGER NOT NULL,
            PRIMARY KEY (environment_id, trace_id, name, step_id)
        ) STRICT, WITHOUT ROWID;
        """
}

/// The step that made room for what says how long events are kept (STO-20).
enum SchemaOfKeeping {
    static let sql = """
        -- How long and how much of a project is kept: NULL is what the services say, 0 is everything.
        ALTER TABLE projects ADD COLUMN keep_seconds REAL;
        ALTER TABLE projects ADD COLUMN keep_bytes INTEGER;
        -- The size of a trace's events; NULL where nobody has asked yet.
        ALTER TABLE trace_rows ADD COLUMN byte_count INTEGER;
        -- With the size, so that all of a project's are added up from the index alone.
        DROP INDEX trace_rows_by_activity;
        CREATE INDEX trace_rows_by_activity ON trace_rows (environment, last_activity, byte_count);
        CREATE INDEX sampled_out_by_age ON sampled_out (environment_id, created_at);
        -- The time that ages are measured by, in seconds since 1970 (STO-24).
        CREATE TABLE retention_clock (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            believed REAL NOT NULL
        ) STRICT;
        DELETE FROM sqlite_stat1 WHERE idx = 'trace_rows_by_activity';
        INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
            ('trace_rows', 'trace_rows_by_activity', '1000000 1000000 1 1');
        ANALYZE sqlite_schema;
        """

    /// The same on a server.
    static let postgres = """
        ALTER TABLE projects ADD COLUMN keep_seconds DOUBLE PRECISION;
        ALTER TABLE projects ADD COLUMN keep_bytes BIGINT;
        ALTER TABLE trace_rows ADD COLUMN byte_count BIGINT;
        DROP INDEX trace_rows_by_activity;
        CREATE INDEX trace_rows_by_activity ON trace_rows (environment, last_activity, byte_count);
        CREATE INDEX sampled_out_by_age ON sampled_out (environment_id, created_at);
        CREATE TABLE retention_clock (
            id BIGINT PRIMARY KEY CHECK (id = 1),
            believed DOUBLE PRECISION NOT NULL
        )
        """
}

extension Dialect {
    static let postgreSQL = Dialect(
        position: { "strpos(\($0), \($1))" },
        weekStart: { "to_char(date_trunc('week', CAST(\($0) AS date)), 'YYYY-MM-DD')" },
        keepingName: " FOR KEY SHARE OF a",
        locking: " FOR UPDATE",
        passingLocked: " FOR UPDATE SKIP LOCKED",
        slot: "pg_backend_pid() % 8",
        byteCount: { "octet_length(\($0))" },
        clock: "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
    )
}

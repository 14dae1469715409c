extension Dialect {
    static let postgreSQL = Dialect(
        position: { "strpos(\($0), \($1))" },
        // It has no year 0, which begins and goes on as the year 2000 does.
        weekStart: { day in
            """
            CASE WHEN \(day) < '0000-01-03' THEN '0000-01-01' WHEN \(day) < '0001-01-01'
            THEN '0000' || to_char(date_trunc('week', CAST('2000' || substr(\(day), 5) AS date)), '-MM-DD')
            ELSE to_char(date_trunc('week', CAST(\(day) AS date)), 'YYYY-MM-DD') END
            """
        },
        keepingName: " FOR KEY SHARE OF a",
        locking: " FOR UPDATE",
        passingLocked: " FOR UPDATE SKIP LOCKED",
        sums: SumStatements(slot: "pg_backend_pid() % 8"),
        byteCount: { "octet_length(\($0))" },
        clock: "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
    )
}

extension Dialect {
    static let sqlite = Dialect(
        position: { "instr(\($0), \($1))" },
        weekStart: { "max('0000-01-01', date(\($0), 'weekday 0', '-6 days'))" },
        // One writer at a time: nobody is in its way.
        keepingName: "",
        locking: "",
        passingLocked: "",
        sums: SumStatements(slot: "0"),
        byteCount: { "length(CAST(\($0) AS BLOB))" },
        clock: nil
    )
}

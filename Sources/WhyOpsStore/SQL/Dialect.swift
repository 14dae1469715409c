/// What engines say in different words.
struct Dialect: Sendable {
    /// The place of a text in another one, from 1; 0 where it does not occur.
    let position: @Sendable (_ text: String, _ other: String) -> String
    /// The Monday of the week of a day that is written as `YYYY-MM-DD`; before the year 0000 its first day.
    let weekStart: @Sendable (_ day: String) -> String
    /// Behind a look-up of an agent as `a`, so that nobody takes its name away before the transaction ends.
    let keepingName: String
    /// Behind a look-up, so that nobody changes what it finds before the transaction ends.
    let locking: String
    /// Behind a look-up of rows that are to go, so that those which another node deletes now are its own business.
    let passingLocked: String
    let sums: SumStatements
    /// How many bytes a text has in UTF-8.
    let byteCount: @Sendable (_ text: String) -> String
    /// The time of day by the engine's own clock, in seconds since 1970; `nil` where it has the process's.
    let clock: String?
}

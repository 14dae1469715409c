import WhyOps

/// A stretch of time as whole days and whole hours, of which there are sums, and what lies beside them.
struct SumRange {
    /// Periods of `sum_rows`, from the first one to before the last one.
    private(set) var periods: [(from: String, to: String)] = []
    /// Time stamps of events, both of them included.
    private(set) var events: [(from: String, to: String)] = []

    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 24

    /// - Parameters:
    ///   - start: the first moment, `nil` for all before.
    ///   - end: the last moment, `nil` for all after.
    ///   - isByHour: whether hours are to be told apart.
    init(from start: Timestamp?, to end: Timestamp?, isByHour: Bool = false) {
        let latest = Timestamp(milliseconds: .max)
        // The hour and the day behind the last ones have no names.
        if let start, start.milliseconds > latest.milliseconds - Self.hour * Self.day {
            events = [(start.text, (end ?? latest).text)]
            return
        }
        let end = end == latest ? nil : end
        let first = start.map { Self.quotient($0.milliseconds + Self.hour - 1, Self.hour) }
        let last = end.map { Self.quotient($0.milliseconds + 1, Self.hour) }
        if let start, let end, let first, let last, first >= last {
            if start <= end { events = [(start.text, end.text)] }
            return
        }
        if let start, let first, first * Self.hour > start.milliseconds {
            events.append((start.text, Timestamp(milliseconds: first * Self.hour - 1).text))
        }
        if let end, let last, last * Self.hour <= end.milliseconds {
            events.append((Timestamp(milliseconds: last * Self.hour).text, end.text))
        }
        let firstDay = first.map { Self.quotient($0 + Self.day - 1, Self.day) }
        let lastDay = last.map { Self.quotient($0, Self.day) }
        if isByHour || (firstDay.flatMap { day in lastDay.map { day >= $0 } } ?? false) {
            add(hoursFrom: first, to: last)
            return
        }
        periods.append((Self.text(ofDay: firstDay) ?? "d", Self.text(ofDay: lastDay) ?? "e"))
        if let first, let firstDay { add(hoursFrom: first, to: firstDay * Self.day) }
        if let last, let lastDay { add(hoursFrom: lastDay * Self.day, to: last) }
    }

    private mutating func add(hoursFrom first: Int64?, to last: Int64?) {
        if let first, let last, first >= last { return }
        periods.append((Self.text(ofHour: first) ?? "h", Self.text(ofHour: last) ?? "i"))
    }

    private static func text(ofHour hour: Int64?) -> String? {
        hour.map { "h" + Timestamp(milliseconds: $0 * Self.hour).text.prefix(13) }
    }

    private static func text(ofDay day: Int64?) -> String? {
        day.map { "d" + Timestamp(milliseconds: $0 * Self.day * hour).text.prefix(10) }
    }

    /// Rounded down, before 1970 too.
    private static func quotient(_ number: Int64, _ divisor: Int64) -> Int64 {
        number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor)
    }
}

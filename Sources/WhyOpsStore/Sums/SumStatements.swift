/// What writes rows of sums: a statement for each number of rows, put together once, since every commit needs some.
struct SumStatements: Sendable {
    /// The most rows that one statement writes.
    static let maximumRows = 8

    private let texts: [String]

    /// - Parameter slot: which of the rows of one sum a transaction adds to, so that nodes seldom wait for each other there.
    init(slot: String) {
        let names = databaseQuestionMarks(count: SumColumns.names.count)
        let figures = databaseQuestionMarks(count: SumColumns.figures.count)
        texts = (1...Self.maximumRows).map { count in
            """
            INSERT INTO sum_rows (\(SumColumns.namesList), slot, \(SumColumns.figuresList))
            VALUES \(repeatElement("(\(names),\(slot),\(figures))", count: count).joined(separator: ","))
            ON CONFLICT (\(SumColumns.namesList), slot) DO UPDATE SET
            \(SumColumns.figures.map { "\($0) = sum_rows.\($0) + excluded.\($0)" }.joined(separator: ", "))
            """
        }
    }

    /// The statement for a number of rows from 1 to the most.
    subscript(rows count: Int) -> String { texts[count - 1] }
}

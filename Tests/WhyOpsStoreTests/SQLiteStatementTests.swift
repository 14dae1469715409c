import GRDB
import Testing

@testable import WhyOpsStore

/// What goes into a statement on a file comes out of it, whatever was in the same statement before (STO-1).
struct SQLiteStatementTests {
    private static let values: [WhyOpsStore.DatabaseValue] = [
        .text(""), .text("a"), .text(String(repeating: "\u{5B57}\u{200B}\u{1F600}", count: 300_000)), .text("e\u{301}"),
        .blob([]), .blob([0]), .blob([UInt8](repeating: 0xFF, count: 3 << 20)), .blob([0xC3, 0x28]), .null,
        .integer(.min), .integer(.max), .real(-0.5),
    ]

    @Test func valuesComeBack() throws {
        try DatabaseQueue().write { database in
            let connection = SQLiteConnection(database: database)
            try connection.prepare("CREATE TABLE pairs (one BLOB, other BLOB)", isKept: false).execute([])
            let insert = try connection.prepare("INSERT INTO pairs VALUES (?, ?)", isKept: true)
            for (one, other) in zip(Self.values, Self.values.reversed()) { try insert.execute([one, other]) }
            var found: [[WhyOpsStore.DatabaseValue]] = []
            try connection.prepare("SELECT one, other, ? FROM pairs ORDER BY rowid", isKept: true)
                .forEachRow([.text("asked")]) { row in
                    found.append(row.values)
                    return true
                }
            #expect(found == zip(Self.values, Self.values.reversed()).map { [$0, $1, .text("asked")] })
        }
    }

    /// A list that is left early is read from its beginning the next time, and holds nothing up.
    @Test func aListThatIsLeftIsLetGo() throws {
        try DatabaseQueue().write { database in
            let connection = SQLiteConnection(database: database)
            try connection.prepare("CREATE TABLE numbers (number INTEGER)", isKept: false).execute([])
            try connection.prepare("INSERT INTO numbers VALUES (1), (2)", isKept: false).execute([])
            let list = try connection.prepare("SELECT number FROM numbers ORDER BY number", isKept: true)
            for _ in 0..<2 {
                var found: [WhyOpsStore.DatabaseValue] = []
                try list.forEachRow([]) { row in
                    found.append(row.values[0])
                    return false
                }
                #expect(found == [.integer(1)])
            }
            // SQLite refuses this while somebody reads the table.
            try connection.prepare("DROP TABLE numbers", isKept: false).execute([])
        }
    }

    /// Parts within parts, of which one fails and one is taken back.
    @Test func partsAreUndoneAlone() throws {
        struct Failure: Error {}
        try DatabaseQueue().write { database in
            let connection = SQLiteConnection(database: database)
            try connection.prepare("CREATE TABLE numbers (number INTEGER)", isKept: false).execute([])
            let insert = try connection.prepare("INSERT INTO numbers VALUES (?)", isKept: true)
            try connection.inSavepoint {
                try insert.execute([.integer(1)])
                #expect(throws: Failure.self) {
                    try connection.inSavepoint {
                        try insert.execute([.integer(2)])
                        throw Failure()
                    }
                }
                try connection.inSavepoint {
                    try insert.execute([.integer(3)])
                    return .rollback
                }
                try connection.inSavepoint {
                    try insert.execute([.integer(4)])
                    return .commit
                }
                return .commit
            }
            var found: [WhyOpsStore.DatabaseValue] = []
            try connection.prepare("SELECT number FROM numbers ORDER BY number", isKept: false).forEachRow([]) { row in
                found.append(row.values[0])
                return true
            }
            #expect(found == [.integer(1), .integer(4)])
        }
    }
}

import Foundation
import Synchronization
import Testing
import WhyOps

@testable import WhyOpsStore

/// Servers that say nothing, and answers that are longer than memory (STO-11, STO-12).
@Suite(.enabled(if: PostgresPlace.isThere, "WHYOPS_TEST_POSTGRES names no server; .ci/postgres starts one"))
struct PostgresPatienceTests {
    /// Short enough for a test, long enough for a machine that does other things as well.
    ///
    /// - Parameter looking: how long something that is not committed is done again.
    private func withPool(
        looking: Duration = .seconds(1),
        _ body: @Sendable (PostgresPool) async throws -> Void
    ) async throws {
        try await withPostgresURL { url in
            let limits = PostgresLimits(
                looking: looking,
                beginning: .seconds(2),
                appending: .seconds(3),
                searching: .seconds(3)
            )
            let pool = PostgresPool(PostgresServer(url: url, limits: limits), readers: 1)
            try await body(pool)
            try await pool.close()
        }
    }

    /// The process of the server that answers a transaction.
    private static func process(_ database: Database) throws -> pid_t {
        pid_t(try Int.fetchOne(database, sql: "SELECT pg_backend_pid()") ?? 0)
    }

    /// STO-11: what is under way ends, and the next one finds a server that answers.
    @Test func aServerThatStopsInTheMiddleIsGivenUp() async throws {
        try await withPool { pool in
            let stopped = Recorded()
            let failure = try await #require(throws: DatabaseError.self) {
                try await pool.read { database in
                    let process = try Self.process(database)
                    stopped.note(process)
                    kill(process, SIGSTOP)
                    _ = try Int.fetchOne(database, sql: "SELECT 1")
                }
            }
            #expect(failure.kind == .lost)
            let next = try await pool.read { try Self.process($0) }
            #expect(!stopped.processes.contains(next))
            for process in stopped.processes { kill(process, SIGCONT) }
        }
    }

    /// STO-11: a connection that nobody used for a while, at whose other end nobody is any more.
    @Test func aServerThatStoppedMeanwhileIsLeftForAnother() async throws {
        try await withPool(looking: .seconds(30)) { pool in
            let process = try await pool.append { try Self.process($0) }
            kill(process, SIGSTOP)
            let next = try await pool.append { try Self.process($0) }
            #expect(next != process)
            kill(process, SIGCONT)
        }
    }

    /// STO-11: whether it has committed is not known, and it is not done again.
    @Test func aServerThatStopsWhileItCommitsLeavesItOpen() async throws {
        try await withPool { pool in
            let stopped = Recorded()
            let failure = try await #require(throws: DatabaseError.self) {
                try await pool.append { database in
                    let process = try Self.process(database)
                    stopped.note(process)
                    kill(process, SIGSTOP)
                }
            }
            #expect(failure.kind == .unknown)
            #expect(stopped.processes.count == 1)
            for process in stopped.processes { kill(process, SIGCONT) }
        }
    }

    /// STO-11: with the only connection on a server that stands still, nobody waits for it for ever.
    @Test func whoWaitsForAConnectionWaitsNoLongerThanItTakes() async throws {
        try await withPool { pool in
            let stopped = Recorded()
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        do {
                            try await pool.read { database in
                                let process = try Self.process(database)
                                stopped.note(process)
                                kill(process, SIGSTOP)
                                _ = try Int.fetchOne(database, sql: "SELECT 1")
                            }
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                for await isDone in group { #expect(!isDone) }
            }
            for process in stopped.processes { kill(process, SIGCONT) }
        }
    }

    /// STO-12
    @Test func whoStopsReadingEarlyLeavesTheConnectionAsItWas() async throws {
        try await withPool { pool in
            let processes = try await pool.read { database in
                let before = try Self.process(database)
                let statement = try database.makeStatement(sql: "SELECT n FROM generate_series(1, 200000) AS n")
                var seen = 0
                try statement.forEachRow { row in
                    seen += 1
                    return seen < 3
                }
                #expect(seen == 3)
                let seven = try Int.fetchOne(database, sql: "SELECT 7")
                #expect(seven == 7)
                return [before, try Self.process(database)]
            }
            struct Enough: Error {}
            await #expect(throws: Enough.self) {
                try await pool.read { database in
                    try database.makeStatement(sql: "SELECT n FROM generate_series(1, 200000) AS n").forEachRow { _ in
                        throw Enough()
                    }
                }
            }
            let after = try await pool.read { try Self.process($0) }
            #expect(Set(processes + [after]).count == 1)
        }
    }

    /// STO-12: the first rows are there while the server still works on the last ones, so nobody holds them all.
    @Test func rowsAreNotHeld() async throws {
        try await withPool { pool in
            let seen = Mutex(0)
            await #expect(throws: DatabaseError.self) {
                try await pool.read { database in
                    // The last row never comes: a result as a whole would not, either.
                    let statement = try database.makeStatement(
                        sql: """
                            SELECT n, CASE WHEN n > 100000 THEN CAST(pg_sleep(3600) AS text) END
                            FROM generate_series(1, 100001) AS n
                            """
                    )
                    try statement.forEachRow { _ in
                        seen.withLock { $0 += 1 }
                        return true
                    }
                }
            }
            #expect(seen.withLock { $0 } > 50_000)
        }
    }

    /// A cancelled search ends at once, and the next one is not harmed.
    @Test func aSearchThatIsCancelledEnds() async throws {
        try await withPool { pool in
            let (begun, begins) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await pool.search { database in
                    begins.finish()
                    _ = try Int.fetchOne(database, sql: "SELECT 1 FROM pg_sleep(3600)")
                }
            }
            for await _ in begun {}
            task.cancel()
            let failure = try await #require(throws: DatabaseError.self) { try await task.value }
            #expect(failure.kind == .interrupted)
            try await pool.search { database in
                let one = try Int.fetchOne(database, sql: "SELECT 1")
                #expect(one == 1)
            }
        }
    }

    /// STO-11: a limit of the address that is none.
    @Test(arguments: [
        ("", nil), ("&connect_timeout=0", "10"), ("&connect_timeout=7", nil), ("&connect_timeout=90", "10"),
    ])
    func connectingIsBounded(parameter: String, limit: String?) {
        #expect(PostgresAddress("postgres:///db?host=/run\(parameter)")?.connectLimit == limit)
    }
}

/// Processes that a test has stopped.
private final class Recorded: Sendable {
    private let state = Mutex<[pid_t]>([])

    var processes: [pid_t] { state.withLock { $0 } }

    func note(_ process: pid_t) { state.withLock { $0.append(process) } }
}

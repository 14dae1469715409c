import GRDB
import Testing
import WhyOps

@testable import WhyOpsStore

/// ING-73
@Suite struct LockPatienceTests {
    private let start = ContinuousClock.now

    @Test func oneAfterTheOtherWaitNoLongerThanOne() {
        let patience = LockPatience(.seconds(10))
        for tenth in 0..<100 {
            #expect(patience.mayTryAgain(at: start + .milliseconds(100 * tenth)))
        }
        // Whoever comes next has waited already, behind the others.
        #expect(!patience.mayTryAgain(at: start + .milliseconds(10_000)))
        #expect(!patience.mayTryAgain(at: start + .milliseconds(10_900)))
    }

    @Test func everyLockIsWaitedForAnew() {
        let patience = LockPatience(.seconds(10))
        for second in stride(from: 0, to: 9_500, by: 500) {
            #expect(patience.mayTryAgain(at: start + .milliseconds(second)))
        }
        patience.end()
        #expect(patience.mayTryAgain(at: start + .milliseconds(10_000)))
        // Nobody has met this one for a while, so it is another.
        let later = LockPatience(.seconds(10))
        #expect(later.mayTryAgain(at: start))
        #expect(later.mayTryAgain(at: start + .seconds(11)))
    }

    @Test func everyWriteFailsWhileAnotherProcessHasTheFile() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path, patience: .milliseconds(20))
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            let body = Array(#"{"agentName":"a","metadata":{"systemPrompt":"p","tools":[]}}"#.utf8)
            let request = try AgentRegistrationRequest(JSONDocument(body).root)
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            for _ in 0..<3 {
                await #expect(throws: StoreError.self) { try await store.append([event()], tenant: tenant) }
                await #expect(throws: StoreError.self) { try await store.registerAgent(request, tenant: tenant) }
                await #expect(throws: StoreError.self) { try await store.deleteDeadLetters(nil, tenant: tenant) }
            }
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            #expect(try await store.append([event()], tenant: tenant).map(\.stepId) == [1])
            #expect(try await store.registerAgent(request, tenant: tenant).isNew)
            try other.close()
            try await store.close()
        }
    }
}

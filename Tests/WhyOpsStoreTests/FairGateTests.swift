import Testing

@testable import WhyOpsStore

/// ING-117
@Suite struct FairGateTests {
    /// A query that never comes to an end by itself.
    private static let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    /// Somebody who works until told to end.
    private struct Worker {
        let task: Task<Void, any Error>
        let end: AsyncStream<Void>.Continuation

        init(_ gate: FairGate, _ environment: String, _ arrivals: AsyncStream<String>.Continuation) {
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            self.end = end
            task = Task {
                try await gate.run(for: environment) {
                    arrivals.yield(environment)
                    for await _ in ends {}
                }
            }
        }
    }

    @Test func oneEnvironmentLeavesRoomForOthers() async throws {
        let gate = FairGate(total: 3, each: 2, waitingTotal: 9, waitingEach: 1, message: "full")
        let (stream, arrivals) = AsyncStream.makeStream(of: String.self)
        var places = stream.makeAsyncIterator()
        var workers: [Worker] = []
        for _ in 0..<2 {
            workers.append(Worker(gate, "a", arrivals))
            #expect(await places.next() == "a")
        }
        // A third and a fourth of `a` find no place to work, and only one of them a place to wait.
        let third = Worker(gate, "a", arrivals)
        let fourth = Worker(gate, "a", arrivals)
        let (refusals, refused) = AsyncStream.makeStream(of: StoreError.Code?.self)
        for worker in [third, fourth] {
            Task {
                do {
                    try await worker.task.value
                } catch {
                    refused.yield((error as? StoreError)?.code)
                }
            }
        }
        var codes = refusals.makeAsyncIterator()
        #expect(await codes.next() == .overloaded)
        workers.append(Worker(gate, "b", arrivals))
        #expect(await places.next() == "b")
        workers[0].end.finish()
        #expect(await places.next() == "a")
        for worker in workers + [third, fourth] { worker.end.finish() }
        for worker in workers { try await worker.task.value }
        let found = try await gate.run(for: "a") { 5 }
        #expect(found == 5)
    }

    @Test func whoIsNotCalledInTimeIsRefused() async throws {
        let gate = FairGate(
            total: 1,
            each: 1,
            waitingTotal: 9,
            waitingEach: 9,
            patience: .milliseconds(20),
            message: "full"
        )
        let (end, ends) = AsyncStream.makeStream(of: Void.self)
        let (begun, begins) = AsyncStream.makeStream(of: Void.self)
        let worker = Task {
            try await gate.run(for: "a") {
                begins.finish()
                for await _ in end {}
            }
        }
        for await _ in begun {}
        let error = await #expect(throws: StoreError.self) { try await gate.run(for: "b") { 1 } }
        #expect(error?.code == .overloaded)
        ends.finish()
        try await worker.value
        let found = try await gate.run(for: "b") { 2 }
        #expect(found == 2)
    }

    @Test func whoIsCancelledWaitsNoLonger() async throws {
        let gate = FairGate(total: 1, each: 1, waitingTotal: 9, waitingEach: 9, message: "full")
        let (end, ends) = AsyncStream.makeStream(of: Void.self)
        let (begun, begins) = AsyncStream.makeStream(of: Void.self)
        let worker = Task {
            try await gate.run(for: "a") {
                begins.finish()
                for await _ in end {}
            }
        }
        for await _ in begun {}
        let waiter = Task { try await gate.run(for: "b") { 1 } }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        ends.finish()
        try await worker.value
        let found = try await gate.run(for: "b") { 2 }
        #expect(found == 2)
    }

    @Test func readEndsWhenItsTimeIsUp() async throws {
        try await withStore { store, tenant in
            for _ in 0..<8 {
                let error = await #expect(throws: StoreError.self) {
                    try await store.read(for: tenant, atMost: .milliseconds(1)) { database in
                        _ = try Int.fetchOne(database, sql: Self.endless)
                    }
                }
                #expect(error?.code == .overloaded)
            }
            // Every connection is free again.
            let found = try await store.read(for: tenant) { try Int.fetchOne($0, sql: "SELECT 5") }
            #expect(found == 5)
        }
    }

    @Test func readsOfOneEnvironmentKeepNobodyWaiting() async throws {
        try await withStore { store, tenant in
            let crowd = (0..<20).map { _ in
                Task { try await store.read(for: tenant) { _ = try Int.fetchOne($0, sql: Self.endless) } }
            }
            let other = Tenant(projectID: "p", environmentID: "other", environmentName: "OTHER", keyID: "")
            for _ in 0..<20 {
                let found = try await store.read(for: other) { try Int.fetchOne($0, sql: "SELECT 5") }
                #expect(found == 5)
                let known = try await store.tenant(forKey: "YOPS-test-key-0001")
                #expect(known != nil)
            }
            for task in crowd { task.cancel() }
            for task in crowd { _ = try? await task.value }
        }
    }
}

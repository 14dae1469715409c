import Testing

@testable import WhyOpsIngest

/// ING-25
struct BodyBudgetTests {
    @Test func whatIsOverTheLimitIsRefusedUntilThereIsRoom() {
        let budget = BodyBudget(limit: 100)
        var first = BodyBudget.Share()
        var second = BodyBudget.Share()
        #expect(budget.grow(&first, to: 60))
        #expect(!budget.grow(&second, to: 41))
        #expect(second.bytes == 0)
        #expect(budget.grow(&second, to: 40))
        #expect(!budget.grow(&first, to: 61))
        budget.giveBack(second)
        #expect(budget.grow(&first, to: 100))
        #expect(first.bytes == 100)
    }

    @Test func whoIsAloneIsNeverRefused() {
        let budget = BodyBudget(limit: 10)
        var share = BodyBudget.Share()
        #expect(budget.grow(&share, to: 5))
        #expect(budget.grow(&share, to: 5000))
        var other = BodyBudget.Share()
        #expect(!budget.grow(&other, to: 1))
        budget.giveBack(share)
        #expect(budget.grow(&other, to: 1))
    }

    @Test func requestsThatComeTogetherAreRefusedOverHTTP() async throws {
        try await withIngest(maximumHeldBytes: 1) { client in
            // Alone each of them fits, so that the share must have been given back every time.
            for _ in 0..<3 {
                let event = #"{"eventType":"error","traceId":"t","agentName":"a"}"#
                let stored = try await client.post("/api/events", event)
                let refused = try await client.post("/api/events", "{")
                #expect([stored.status, refused.status] == [201, 400])
            }
        }
    }
}

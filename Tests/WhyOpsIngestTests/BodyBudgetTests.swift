import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing
import WhyOpsEdge

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
        budget.giveBack(&second)
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
        budget.giveBack(&share)
        #expect(budget.grow(&other, to: 1))
    }

    /// ING-130
    @Test func whoHoldsMuchLeavesSomethingToOthers() {
        let budget = BodyBudget(limit: 160)
        var greedy = (0..<13).map { _ in BodyBudget.Share(owner: "greedy") }
        let taken = greedy.indices.filter { budget.grow(&greedy[$0], to: 10) }
        #expect(taken.count == 12)
        var other = BodyBudget.Share(owner: "other")
        #expect(budget.grow(&other, to: 30))
        // What the other holds, nobody else can have; one request alone has all the rest.
        var third = BodyBudget.Share(owner: "third")
        #expect(budget.grow(&third, to: 10))
        #expect(!budget.grow(&greedy[12], to: 1))
        budget.giveBack(&greedy[0])
        #expect(!budget.grow(&greedy[12], to: 1))
        for place in 1..<12 { budget.giveBack(&greedy[place]) }
        #expect(budget.grow(&greedy[12], to: 120))
        #expect(!budget.grow(&greedy[0], to: 11))
        budget.giveBack(&greedy[12])
        budget.giveBack(&other)
        budget.giveBack(&third)
        #expect(budget.bytes == 0)
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

/// ING-106
struct ReplyRoomTests {
    @Test func roomIsGivenBackWhenNobodyHasIt() throws {
        let budget = BodyBudget(limit: 100)
        var first = budget.room(for: 90)
        #expect(first != nil)
        #expect(budget.room(for: 11) == nil)
        first = nil
        #expect(budget.room(for: 100) != nil)
    }

    @Test func aReplyThatNobodyTakesHoldsItsRoom() async throws {
        let budget = BodyBudget(limit: 100_000)
        let edge = EdgeMiddleware(crossOrigin: nil, replies: budget, patience: .seconds(60))
        let large = ByteBuffer(bytes: [UInt8](repeating: 0x78, count: 80_000))
        let context = IngestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: Logger(label: "test"))
        )
        func answer() async throws -> Response {
            let request = Request(
                head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/"),
                body: RequestBody(buffer: ByteBuffer())
            )
            return try await edge.handle(request, context: context) { _, _ in
                Response(status: .ok, body: ResponseBody(byteBuffer: large))
            }
        }
        var held: Response? = try await answer()
        #expect(held?.status == .ok)
        #expect(held?.headers[.contentLength] == "80000")
        let refused = try await answer()
        #expect(refused.status == .serviceUnavailable)
        #expect(refused.headers[.retryAfter] == "1")
        held = nil
        #expect(try await answer().status == .ok)
    }
}

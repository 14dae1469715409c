import Testing

@testable import WhyOps

/// EXC-81 to EXC-83: what is read of requests for embeddings and of their replies.
struct EmbeddingTests {
    private func read(_ text: String, every step: Int = .max) -> EmbeddingReply {
        var reply = EmbeddingReply()
        let bytes = Array(text.utf8)
        let step = max(1, min(step, bytes.count))
        for start in stride(from: 0, to: bytes.count, by: step) {
            reply.read(bytes[start..<min(start + step, bytes.count)].span)
        }
        return reply
    }

    private static let usage =
        #""usage":{"prompt_tokens":8,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":3}}"#
    private static let floats = #"""
        { "object":"list", "data":[ {"object":"embedding","index":0,"embedding":[0.25, -1e-7,0, 4]},
        {"embedding":[1]},{"x":[1,2,{"embedding":[5,6]}]}], "model":"te\u0078t-3", \#(usage) }
        """#
    private static let base64 = #"""
        {\#(usage),"data":[{"embedding":"AACA\/w==\"[1,2","index":0}],"model":"text-3","object":"list"}
        """#

    @Test(arguments: [1, 2, 7, .max]) func vectorsAreCountedHoweverTheyAreCut(_ step: Int) {
        let reply = read(Self.floats, every: step)
        #expect(reply.isEnded)
        #expect((reply.count, reply.dimensions, reply.encodingFormat) == (3, 4, "float"))
        #expect((reply.type, reply.responseModel) == ("list", "text-3"))
        #expect(
            (reply.usage.prompt, reply.usage.completion, reply.usage.total, reply.usage.cacheRead) == (8, nil, 9, 3)
        )
        #expect(reply.usage.accounting == .inclusive)
    }

    @Test(arguments: [1, 3, .max]) func textsOfVectorsAreSkipped(_ step: Int) {
        let reply = read(Self.base64, every: step)
        #expect(reply.isEnded)
        #expect((reply.count, reply.dimensions, reply.encodingFormat) == (1, nil, "base64"))
        #expect(reply.usage.total == 9)
    }

    @Test(
        arguments: [
            (#"{"data":[]}"#, 0), (#"{"data":[1,[2],"x",null]}"#, 4), (#"{"data":{"data":[1]}}"#, nil), ("{}", nil),
            (#"{"data":[1,2],"data":[3]}"#, 1), (#"{"data":[1],"other":[2,3]}"#, 1), (#"{"other":{"data":[1]}}"#, nil),
            (#"{"data":null}"#, nil), (#"{"data":"[1,2]"}"#, nil),
        ] as [(String, Int?)]
    )
    func itemsOfTheListAreCounted(_ text: String, _ count: Int?) {
        #expect(read(text).count == count)
        #expect(read(text).isEnded)
    }

    @Test(arguments: ["", "[1]", #""text""#, "<html>", #"{"data":[1"#, "{]", String(repeating: "[", count: 999)])
    func whatIsNotWholeHasNotEnded(_ text: String) {
        #expect(!read(text).isEnded)
    }

    @Test func longValuesAreLeftOut() {
        let reply = read(#"{"model":"\#(String(repeating: "m", count: 70_000))","data":[1],"object":"list"}"#)
        #expect((reply.responseModel, reply.type, reply.count) == (nil, "list", 1))
    }

    private func events() throws -> ExchangeEvents {
        let fresh = try #require(TraceID("t"))
        return ExchangeEvents(
            resolution: TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: fresh),
            agentName: "agent",
            externalUserID: nil,
            spanID: "span_1",
            provider: "openai"
        )
    }

    private func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

    private static let stitch = #""stitch":{"source":"new"}"#

    @Test func requestIsRecordedAsItIsForwarded() throws {
        let trace = try #require(TraceID("a"))
        let frame = String(decoding: try #require(InvisibleSignature.encodeV1(trace)), as: UTF8.self)
        let body = #"{"model":"slug/m","input":["one\#(frame)", "two"],"dimensions":256,"user":"u"}"#
        var request = try EmbeddingRequest(Array(body.utf8))
        request.cut(try #require(request.modelPrefix))
        let forwarded = #"{"model":"m","input":["one", "two"],"dimensions":256,"user":"u"}"#
        #expect(text(request.forwarded) == forwarded)
        let event = try events().request(request, at: "t")
        #expect(event.eventType == .embeddingRequest)
        #expect(text(event.content) == #"{"input":["one", "two"]}"#)
        let params = #""params":{"dimensions":256,"user":"u"}"#
        #expect(text(event.metadata) == #"{"model":"m","provider":"openai",\#(params),\#(Self.stitch)}"#)
    }

    @Test func replyIsRecordedWithoutVectors() throws {
        let request = try EmbeddingRequest(Array(#"{"model":"m","input":"x"}"#.utf8))
        let event = try events().reply(read(Self.floats), to: request, ending: .complete, latency: 5, at: "t")
        #expect(event.eventType == .embeddingResponse)
        let content = #"{"object":"list","embeddingCount":3,"firstEmbeddingDimensions":4,"encodingFormat":"float"}"#
        #expect(text(event.content) == content)
        let counts = #""promptTokens":8,"totalTokens":9,"cacheReadTokens":3,"cacheAccounting":"inclusive""#
        let metadata = #"{"model":"m","provider":"openai","responseModel":"text-3","usage":{\#(counts)},"latencyMs":5,"#
        #expect(text(event.metadata) == metadata + Self.stitch + "}")
    }

    @Test func replyThatIsNotWholeSaysSo() throws {
        let request = try EmbeddingRequest(Array(#"{"model":"m"}"#.utf8))
        let reply = read(#"{"data":[{"embedding":[1,2"#)
        let event = try events().reply(reply, to: request, ending: .clientDisconnected, latency: 5, at: "t")
        let counts = #""embeddingCount":1,"firstEmbeddingDimensions":2,"encodingFormat":"float""#
        #expect(text(event.content) == #"{\#(counts),"finishReason":"client_disconnected"}"#)
        #expect(text(event.metadata).contains(#""captureTruncated":true"#))
    }

    @Test(arguments: [
        ("[]", "request.body-type"), ("{}", "request.member-missing"), (#"{"model":1}"#, "request.member-type"),
        ("{", "json.unexpected-end"),
    ])
    func requestThatCannotBeReadIsRefused(_ body: String, _ code: String) {
        #expect { try EmbeddingRequest(Array(body.utf8)) } throws: { ($0 as? ExchangeFault)?.code == code }
    }
}

import Testing
import WhyOps
import WhyOpsInterop

@Suite struct TraceExportTests {
    typealias Conventions = TraceExportOptions.Conventions

    // IOP-1 to IOP-16, IOP-20
    @Test(arguments: Golden.names, [Conventions.genAI, .openInference])
    func spansAreThoseOfTheFile(_ name: String, _ conventions: Conventions) throws {
        let json = try Golden.request(name, conventions).json
        let file = try Golden.expected(name, "\(conventions.rawValue).json", json)
        #expect(try CanonicalJSON(json).bytes == CanonicalJSON(file).bytes)
    }

    // IOP-21
    @Test(arguments: Golden.names)
    func protobufIsThatOfTheFile(_ name: String) throws {
        let bytes = try Golden.request(name, .both).protobuf
        #expect(try Golden.expected(name, "both.pb", bytes) == bytes)
    }

    @Test(arguments: Golden.names)
    func bothHasTheAttributesOfEach(_ name: String) throws {
        let both = try Golden.request(name, .both).spans
        for conventions in [Conventions.genAI, .openInference] {
            for (span, one) in zip(both, try Golden.request(name, conventions).spans) {
                let known = Set(span.attributes.map(\.key))
                #expect(one.attributes.allSatisfy { known.contains($0.key) })
                #expect(span.spanID == one.spanID)
            }
        }
    }

    // IOP-2
    @Test(
        arguments: [
            ("9F2C1E44-7a55-4c3e-8b1f-6f2d35a0c111", "9f2c1e447a554c3e8b1f6f2d35a0c111"),
            ("9f2c1e447a554c3e8b1f6f2d35a0c111", "9f2c1e447a554c3e8b1f6f2d35a0c111"),
            // The first half of SHA-256 of "whyops-trace", U+0000 and the id.
            ("checkout-42", "SHA"), ("00000000-0000-0000-0000-000000000000", "SHA"), ("\u{1F600}", "SHA"),
        ]
    )
    func tracesHaveTheirOwnIDsOrAHash(_ id: String, _ wanted: String) {
        let hash = String(SHA256.hex(of: Array("whyops-trace\0\(id)".utf8)).prefix(32))
        let bytes = OTLPIdentifiers.trace(id)
        #expect(bytes.map { hex($0) }.joined() == (wanted == "SHA" ? hash : wanted))
    }

    // IOP-3
    @Test func spansHaveTheirOwnIDsOrAHash() throws {
        let spans = try Golden.request("anthropic-thinking", .genAI).spans
        #expect(spans[1].spanID.map { hex($0) }.joined() == "00f067aa0ba902b7")
        let hash = SHA256.hex(of: Array("trace of a picturespan_tool".utf8)).prefix(16)
        #expect(spans[2].spanID.map { hex($0) }.joined() == hash)
    }

    // IOP-3
    @Test func operationsThatShareASpanHaveIDsOfTheirOwn() {
        let events = [
            event(.userMessage, 1), event(.llmResponse, 2), event(.userMessage, 3), event(.llmResponse, 4),
            event(.toolCall, 5), event(.toolCall, 6),
        ]
        let spans = TraceExport(events.map { TraceItem($0) }).spans
        #expect(
            spans.map(\.name) == ["invoke_agent a", "chat", "chat", "execute_tool unknown", "execute_tool unknown"]
        )
        #expect(Set(spans.map(\.spanID)).count == 5)
    }

    // IOP-4
    @Test(arguments: Golden.names)
    func oneSpanHoldsAllOthers(_ name: String) throws {
        let spans = try Golden.request(name, .genAI).spans
        #expect(spans.filter { $0.parentID == nil }.map(\.spanID) == [spans[0].spanID])
        for span in spans {
            #expect(spans[0].start <= span.start && span.end <= spans[0].end)
            #expect(span.parentID == nil || spans.contains { $0.spanID == span.parentID })
        }
    }

    // IOP-7
    @Test func whatRunsWithinASpanStandsWithinIt() {
        var call = event(.llmResponse, 2, second: 9)
        call.parentStepId = 1
        var tool = event(.toolCall, 3, second: 5)
        (tool.spanId, tool.parentStepId) = ("tool", 1)
        var later = event(.toolCall, 4, second: 10)
        (later.spanId, later.parentStepId) = ("later", 2)
        let spans = TraceExport([event(.userMessage, 1), call, tool, later].map { TraceItem($0) }).spans
        #expect(spans[2].parentID == spans[1].spanID)
        #expect(spans[3].parentID == spans[0].spanID)
        #expect(spans[3].links.map(\.spanID) == [spans[1].spanID])
    }

    // IOP-9
    @Test(
        arguments: [
            ("header.trace", true), ("header.thread", true), ("harness", true), ("signature.v1", true),
            ("signature.v2", true), ("new", false), ("echo", false), ("lineage", false), ("tool-argument", false),
        ]
    )
    func conversationsAreNamedWhereTheClientOrASignatureDoes(_ source: String, _ isNamed: Bool) {
        var one = event(.userMessage, 1)
        one.metadata = Array(#"{"stitch":{"source":"\#(source)"}}"#.utf8)
        var two = event(.llmResponse, 2)
        two.metadata = one.metadata
        let spans = TraceExport([TraceItem(one), TraceItem(two)], options: options(.both)).spans
        for span in spans {
            #expect(span.attributes.contains { $0.key == "gen_ai.conversation.id" } == isNamed)
            #expect(span.attributes.contains { $0.key == "session.id" } == isNamed)
        }
    }

    // IOP-15
    @Test(arguments: Golden.names, Conventions.allCases)
    func nothingIsSaidThatIsToBeLeftOut(_ name: String, _ conventions: Conventions) throws {
        let bare = try Golden.request(name, conventions) { $0.withContent = false }.json
        let text = String(decoding: bare, as: UTF8.self)
        for said in [
            "umbrella", "rain", "picture.", "closer", "c2VhbA", "a cat", "order", "on its way", "poem", "closed",
            "Looks",
        ] {
            #expect(!text.contains(said), "\(said)")
        }
        #expect(!text.contains("user-7"))
        let users = try Golden.request(name, conventions) { $0.withUsers = true }.json
        let hasUsers = ["client-events", "proxied-chat"].contains(name)
        #expect(String(decoding: users, as: UTF8.self).contains("user-7") == hasUsers)
    }

    @Test func eventsWithoutASpanAreByThemselves() {
        var tools = [event(.toolCall, 1), event(.toolCall, 2)]
        for place in tools.indices { tools[place].spanId = nil }
        let spans = TraceExport(tools.map { TraceItem($0) }).spans
        #expect(Set(spans.map(\.spanID)).count == 3)
        #expect(!spans.contains { span in span.attributes.contains { $0.key == "whyops.span.id" } })
    }

    @Test func noEventsAreNoSpans() {
        #expect(TraceExport([]).spans.isEmpty)
    }

    private func options(_ conventions: Conventions) -> TraceExportOptions {
        var options = TraceExportOptions()
        options.conventions = conventions
        return options
    }

    private func event(_ type: EventType, _ step: Int, second: Int? = nil) -> Event {
        let second = second ?? step
        return Event(
            eventType: type,
            traceId: "t",
            agentName: "a",
            spanId: "s",
            stepId: step,
            timestamp: "2026-01-31T09:30:\(second < 10 ? "0" : "")\(second).000Z"
        )
    }

    private func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.utf8.count == 1 ? "0" + digits : digits
    }
}

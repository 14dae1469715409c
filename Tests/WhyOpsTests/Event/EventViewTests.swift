import Testing
import WhyOps

@Suite struct EventViewTests {
    static let views = VectorFile.cases("event/view.json")
    static let encodings = VectorFile.cases("event/canonicalize.json")

    @Test func filesHoldTheirCases() {
        #expect(Self.views.count >= 320)
        #expect(Self.encodings.count >= 86)
    }

    @Test(arguments: views) func viewShowsWhatTheContentSays(_ vector: VectorCase) throws {
        let event = try vector.document.root
        let type = try #require(event["eventType"]?.string.flatMap { EventType(name: $0) })
        let view = EventView(type, content: event["content"])
        let written = try JSONDocument(view.json)
        let expected = try #require(vector.output["view"])
        #expect(written.root.isEqual(to: expected), "\(String(decoding: view.json, as: UTF8.self))")
    }

    @Test(arguments: encodings) func encodingIsCanonical(_ vector: VectorCase) throws {
        let document = try vector.document
        guard let expected = vector.output["text"]?.string else {
            #expect(vector.expect["error"]?.string == "event.invalid")
            let reading = try? EventValidator().read(document.root)
            #expect(reading == nil || reading?.isBatch == true)
            return
        }
        let event = try #require(try EventValidator().read(document.root).events.first)
        #expect(String(decoding: event.canonicalJSON, as: UTF8.self) == expected)
        #expect(event.canonicalJSON == Array(expected.utf8))
    }

    @Test(arguments: encodings) func encodingIsAFixedPoint(_ vector: VectorCase) throws {
        guard let expected = vector.output["text"]?.string else { return }
        let event = try #require(try EventValidator().read(JSONDocument(Array(expected.utf8)).root).events.first)
        #expect(event.canonicalJSON == Array(expected.utf8))
    }

    @Test func viewOfAnEventReadsItsBytes() {
        let event = Event(eventType: .userMessage, traceId: "t", agentName: "a", content: Array(#""Hi""#.utf8))
        #expect(EventView(event) == .userMessage(EventView.UserMessage(messages: [.init(role: "user", text: "Hi")])))
        let broken = Event(eventType: .userMessage, traceId: "t", agentName: "a", content: Array("{".utf8))
        #expect(EventView(broken) == .userMessage(EventView.UserMessage(messages: [])))
    }
}

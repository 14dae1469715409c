import Testing

@testable import WhyOps

struct ReplyNameTests {
    private let question = #"{"role":"user","content":"Which?"}"#
    private let answer = #"{"role":"assistant","content":"Mount Elbrus."}"#
    private let call = #"""
        {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",\#
        "function":{"name":"f","arguments":"{}"}},{"id":"call_2","type":"function","function":{"name":"f","arguments":"{}"}}]}
        """#

    private func reading(_ messages: String...) throws -> RequestReading {
        let body = #"{"model":"m","messages":[\#(messages.joined(separator: ","))]}"#
        return try RequestReading(Array(body.utf8), format: .chat)
    }

    private func sought(_ reading: RequestReading) -> [String] {
        ReplyName.sought(reading.turns, Conversation(reading)).map(text)
    }

    /// The name as events have it.
    private func text(_ name: ReplyName) -> String {
        var writer = JSONWriter()
        name.write(to: &writer)
        return String(decoding: writer.bytes.dropFirst().dropLast(), as: UTF8.self)
    }

    private func names(_ reading: RequestReading, _ reply: String) throws -> [String] {
        let whole = try #require(WholeReply(Array(reply.utf8), format: reading.format, frame: nil))
        return ReplyName.names(
            of: whole.capture,
            after: Lineage(of: reading, keys: nil, agent: "agent", user: nil)
        ).map(text)
    }

    @Test func replyIsFoundByWhatWasSaid() throws {
        let names = try names(reading(question), #"{"choices":[{"index":0,"message":\#(answer)}]}"#)
        #expect(names.count == 2)
        #expect(sought(try reading(question, answer, question)) == names)
    }

    @Test func replyWithoutItsBeginningIsFoundByTheAnswerAlone() throws {
        let names = try names(reading(question), #"{"choices":[{"index":0,"message":\#(answer)}]}"#)
        let shortened = sought(try reading(#"{"role":"user","content":"Something else"}"#, answer, question))
        #expect(shortened.first?.hasPrefix("said:") == true)
        #expect(shortened.first != names.first)
        #expect(shortened.last == names.last)
    }

    @Test func replyIsFoundByItsCalls() throws {
        let names = try names(reading(question), #"{"choices":[{"index":0,"message":\#(call)}]}"#)
        #expect(names == ["tool_call:call_1", "tool_call:call_2"])
        #expect(sought(try reading(question, call)) == ["tool_call:call_2"])
    }

    @Test func newestTurnComesFirst() throws {
        let names = sought(try reading(question, answer, question, call, question))
        #expect(names.map { $0.prefix { $0 != ":" } } == ["tool_call", "said", "answer"])
    }

    @Test func fourTurnsAreSought() throws {
        let pairs = (0..<9).flatMap {
            [question, #"{"role":"assistant","content":"Answer \#($0)"}"#]
        }
        let body = #"{"model":"m","messages":[\#(pairs.joined(separator: ","))]}"#
        let reading = try RequestReading(Array(body.utf8), format: .chat)
        #expect(sought(reading).count == 8)
        #expect(Set(sought(reading)).count == 8)
    }

    @Test func replyOfResponsesIsFoundByItsID() throws {
        let first = try RequestReading(Array(#"{"model":"m","input":"Which?"}"#.utf8), format: .responses)
        let part = #"{"type":"output_text","text":"Elbrus."}"#
        let reply = #"{"id":"resp_1","output":[{"type":"message","id":"msg_1","content":[\#(part)]}]}"#
        let names = try names(first, reply)
        let body = #"{"model":"m","input":"Why?","previous_response_id":"resp_1"}"#
        let next = try RequestReading(Array(body.utf8), format: .responses)
        #expect(names.first == "response:resp_1")
        #expect(names.count == 3)
        #expect(sought(next) == ["response:resp_1"])
    }

    @Test func messageIsFoundByItsID() throws {
        let question = #""messages":[{"role":"user","content":"Which?"}]"#
        let first = try RequestReading(Array(#"{"model":"m",\#(question)}"#.utf8), format: .messages)
        let reply = #"{"id":"msg_1","type":"message","content":[{"type":"text","text":"Elbrus."}]}"#
        let names = try names(first, reply)
        let body = #"{"model":"m",\#(question),"thread":{"type":"continue","previous_message_id":"msg_1"}}"#
        let next = try RequestReading(Array(body.utf8), format: .messages)
        #expect(names.first == "response:msg_1")
        #expect(names.count == 3)
        #expect(sought(next) == ["response:msg_1"])
    }

    /// TRC-46
    @Test func messageCarriesItsID() throws {
        let id = try #require(EchoID(.response, "msg_1"))
        let reply = #"{"id":"msg_1","type":"message","content":[{"type":"text","text":"Elbrus."}]}"#
        var whole = try #require(WholeReply(Array(reply.utf8), format: .messages, frame: nil))
        #expect(whole.takeEchoes() == [id])
        var stream = ReplyStream(format: .messages, frame: nil)
        let event = #"data: {"type":"message_start","message":\#(reply)}"# + "\n\n"
        _ = stream.read(Array(event.utf8).span)
        #expect(stream.takeEchoes() == [id])
    }

    private func events(_ reading: RequestReading) throws -> ExchangeEvents {
        let fresh = try #require(TraceID("t"))
        return ExchangeEvents(
            resolution: TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: fresh),
            agentName: "agent",
            externalUserID: nil,
            spanID: "span_1",
            provider: "openai",
            lineage: Lineage(of: reading, keys: nil, agent: "agent", user: nil)
        )
    }

    private func stitch(_ event: Event?) throws -> JSONValue {
        let metadata = try #require(event?.metadata)
        let root = try JSONDocument(metadata).root
        return try #require(root["stitch"])
    }

    @Test func eventsCarryThem() throws {
        let (first, next) = (try reading(question), try reading(question, answer, question))
        let reply = Array(#"{"choices":[{"index":0,"message":\#(answer)}]}"#.utf8)
        let capture = try #require(WholeReply(reply, format: .chat, frame: nil)).capture
        let names = try stitch(
            events(first).reply(capture, model: "m", ending: .complete, latency: 1, firstToken: nil, at: "t").last
        )["names"]
        #expect(names?.children.count == 2)
        #expect(try stitch(events(first).request(first, at: "t"))["parents"] == nil)
        #expect(try stitch(events(next).request(next, at: "t"))["parents"]?.slice == names?.slice)
    }
}

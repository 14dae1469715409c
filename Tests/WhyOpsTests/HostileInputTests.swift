import Testing

@testable import WhyOps

/// Large inputs made to hurt: each has an answer, and nothing is lost that must be kept.
struct HostileInputTests {
    static let size = 16 * 1024 * 1024

    private func fault(_ text: [UInt8]) -> JSONFault? {
        do throws(JSONFault) {
            _ = try JSONDocument(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func bracketsEndAtTheDepthLimit() {
        #expect(fault([UInt8](repeating: UInt8(ascii: "["), count: Self.size))?.code == .tooDeep)
        #expect(fault([UInt8](repeating: UInt8(ascii: "["), count: Self.size))?.offset == 128)
        let objects = Array(String(repeating: "{\"\":", count: Self.size / 5).utf8)
        #expect(fault(objects)?.code == .tooDeep)
    }

    @Test func quotesAndBackslashes() {
        #expect(fault([UInt8](repeating: UInt8(ascii: "\""), count: Self.size)) == JSONFault(.trailingBytes, at: 2))
        let backslashes = [UInt8](repeating: UInt8(ascii: "\\"), count: Self.size)
        #expect(fault(backslashes) == JSONFault(.unexpectedByte, at: 0))
        let open = [UInt8(ascii: "\"")] + backslashes.prefix(Self.size / 8)
        #expect(fault(open) == JSONFault(.unexpectedEnd, at: Self.size / 8 + 1))
    }

    @Test func valuesEndAtTheirLimit() {
        let numbers = Array(("[" + String(repeating: "0,", count: Self.size / 2)).utf8)
        #expect(fault(numbers)?.code == .tooManyValues)
    }

    @Test(arguments: ["\u{200B}", "\u{200B}\u{2060}", "\\u200b"])
    func startsWithoutEndsAreKeptInABody(_ piece: String) {
        let text = String(repeating: piece, count: Self.size / 16 / piece.utf8.count)
        let body = Array("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"\(text)\"}]}".utf8)
        #expect(PassThroughBody.forwarded(body) == body)
    }

    /// EVT-16: a batch of nothing but faults costs no multiple of its size, and its reply stays small.
    @Test(arguments: ["1", "{}", "{\"eventType\":\"\\u0000\"}"])
    func batchOfFaults(_ item: String) throws {
        let count = 50_000
        let body = Array("[\(Array(repeating: item, count: count).joined(separator: ","))]".utf8)
        let document = try JSONDocument(body)
        let faults = EventValidator(profile: .strict).faults(in: document)
        #expect(faults.count == 1000)
        #expect(throws: InvalidInput.self) { try EventValidator().read(document.root) }
    }

    /// AGT-2: the same for the tools of an agent.
    @Test(arguments: ["1", "{}"])
    func registrationOfFaults(_ tool: String) throws {
        let tools = Array(repeating: tool, count: 50_000).joined(separator: ",")
        let body = Array("{\"agentName\":\"a\",\"metadata\":{\"systemPrompt\":\"p\",\"tools\":[\(tools)]}}".utf8)
        let document = try JSONDocument(body)
        let refusal = #expect(throws: InvalidInput.self) { try AgentRegistrationRequest(document.root) }
        #expect((1000...1010).contains(refusal?.faults.count ?? 0))
    }

    /// EXC-38: a line without an end is passed on, and no more than the largest event is kept.
    @Test(arguments: ["data: ", ":", "event: "])
    func lineWithoutAnEnd(_ start: String) {
        var stream = ReplyStream(format: .chat, frame: Array("<SIGNATURE>".utf8))
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
        var passed = stream.read(Array(start.utf8).span).count
        var kept = 0
        for _ in 0..<256 {
            passed += stream.read(piece.span).count
            kept = max(kept, stream.reader.bytes.count)
        }
        #expect(passed + stream.finish().count == start.utf8.count + 256 * piece.count)
        #expect(kept <= stream.reader.maximumEventLength + 2 * piece.count)
        #expect(!stream.capture.isComplete)
    }

    /// EXC-48: choices, calls and thinking without end are passed on, and 1024 of each are kept.
    @Test func choicesWithoutEnd() throws {
        let choices = (0..<5000).map { "{\"index\":\(5000 - $0),\"message\":{\"content\":\"One two three.\"}}" }
        let body = Array("{\"choices\":[\(choices.joined(separator: ","))]}".utf8)
        let reply = try #require(WholeReply(body, format: .chat, frame: Array("<SIGNATURE>".utf8)))
        #expect(reply.capture.choices.count == 1024)
        #expect(!reply.capture.isComplete)
        #expect(reply.edits.count == 1024)

        var stream = ReplyStream(format: .chat, frame: Array("<SIGNATURE>".utf8))
        for number in 0..<3000 {
            let delta = "{\"content\":\"x \",\"tool_calls\":[{\"index\":\(number),\"id\":\"c\(number)\"}]}"
            let event = "data: {\"choices\":[{\"index\":\(number / 2),\"delta\":\(delta)}]}\n\n"
            _ = stream.read(Array(event.utf8).span)
        }
        #expect(stream.capture.choices.count == 1024)
        #expect(!stream.capture.isComplete)
    }

    @Test(arguments: [ExchangeFormat.messages, .responses])
    func blocksWithoutEnd(_ format: ExchangeFormat) {
        var stream = ReplyStream(format: format, frame: nil)
        for number in 0..<3000 {
            let event =
                format == .messages
                ? "{\"type\":\"content_block_start\",\"index\":\(number),\"content_block\":{\"type\":\"thinking\"}}"
                : "{\"type\":\"response.output_item.done\",\"output_index\":\(number),\"item\":{\"type\":\"reasoning\","
                    + "\"encrypted_content\":\"x\"}}"
            _ = stream.read(Array("data: \(event)\n\n".utf8).span)
        }
        #expect(stream.capture.thinking.count == 1024)
        #expect(!stream.capture.isComplete)
    }

    private static func piece(_ format: ExchangeFormat, _ number: Int, fill: String) -> String {
        switch format {
        case .chat:
            return
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(fill)\",\"tool_calls\":[{\"index\":0,\"id\":\"c\(number)\"}]}}]}"
        case .messages:
            return
                "{\"type\":\"content_block_start\",\"index\":\(number),\"content_block\":{\"type\":\"tool_use\",\"id\":\"c\(number)\","
                + "\"input\":\"\(fill)\"}}"
        case .responses:
            return
                "{\"type\":\"response.output_item.done\",\"output_index\":\(number),\"item\":{\"type\":\"function_call\","
                + "\"call_id\":\"c\(number)\",\"arguments\":\"\(fill)\"}}"
        }
    }

    /// EXC-61: what is no longer captured still makes its ids known.
    @Test(arguments: [ExchangeFormat.chat, .messages, .responses])
    func idsOfWhatIsNotKeptAreKnown(_ format: ExchangeFormat) {
        var stream = ReplyStream(format: format, frame: nil)
        let fill = String(repeating: "x", count: 1_000_000)
        for number in 0..<40 {
            _ = stream.read(Array("data: \(Self.piece(format, number, fill: fill))\n\n".utf8).span)
            #expect(stream.takeEchoes() == [EchoID(.toolCall, "c\(number)")])
        }
        #expect(!stream.capture.isComplete)
    }

    @Test func sealsOfThinkingThatIsNotKeptAreKnown() {
        var stream = ReplyStream(format: .messages, frame: nil)
        let seal = String(repeating: "s", count: 300_000)
        for number in 0..<1200 {
            let head = "{\"index\":\(number),\"type\":\"content_block_"
            let pieces = number < 40 ? [seal, seal, seal, "end\(number)"] : ["e", "nd\(number)"]
            var events = [head + "start\",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}"]
            events += pieces.map { head + "delta\",\"delta\":{\"type\":\"signature_delta\",\"signature\":\"\($0)\"}}" }
            events.append(head + "stop\"}")
            for event in events { _ = stream.read(Array("data: \(event)\n\n".utf8).span) }
            #expect(stream.takeEchoes() == [EchoID(.thinking, pieces.joined())])
        }
        #expect(!stream.capture.isComplete)
    }

    /// EXC-61: ids without end are all made known, and what is remembered of them does not grow.
    @Test(arguments: [ExchangeFormat.chat, .messages, .responses])
    func idsWithoutEnd(_ format: ExchangeFormat) {
        var stream = ReplyStream(format: format, frame: nil)
        for number in 0..<10_000 {
            let event = Array("data: \(Self.piece(format, number, fill: "x"))\n\n".utf8)
            _ = stream.read(event.span)
            #expect(stream.takeEchoes() == [EchoID(.toolCall, "c\(number)")])
            #expect(stream.capture.rememberedEchoes <= ReplyCapture.maximumNoted)
            guard number % 1000 == 0 else { continue }
            _ = stream.read(event.span)
            #expect(stream.takeEchoes().isEmpty, "an id that comes twice in a row is told once")
        }
    }

    @Test func blocksThatAreTooLargeTogetherAreNotKept() {
        var stream = ReplyStream(format: .messages, frame: nil)
        let input = String(repeating: "x", count: 1_000_000)
        for number in 0..<40 {
            let block = "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{\"a\":\"\(input)\"}}"
            let event = "{\"type\":\"content_block_start\",\"index\":\(number),\"content_block\":\(block)}"
            _ = stream.read(Array("data: \(event)\n\n".utf8).span)
        }
        let kept = stream.capture.choices.flatMap(\.toolCalls).map(\.arguments.count).reduce(0, +)
        #expect(kept <= 32 * 1024 * 1024)
        #expect(!stream.capture.isComplete)
    }

    /// The highest sequence number that fits cannot be counted on, and stays.
    @Test func sequenceNumberAtTheLimit() {
        var stream = ReplyStream(format: .responses, frame: Array("<SIGNATURE>".utf8), policy: .always)
        let place = "\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"sequence_number\":\(Int.max)"
        let events = [
            "{\"type\":\"response.output_text.delta\",\(place),\"delta\":\"One two three. \"}",
            "{\"type\":\"response.output_text.done\",\(place),\"text\":\"One two three. \"}",
            "{\"type\":\"response.completed\",\"sequence_number\":\(Int.max)}",
        ]
        var output: [UInt8] = []
        for event in events { output += stream.read(Array("data: \(event)\n\n".utf8).span) }
        output += stream.finish()
        #expect(String(decoding: output, as: UTF8.self).contains("One two three.<SIGNATURE> "))
        #expect(String(decoding: output, as: UTF8.self).hasSuffix("\"sequence_number\":\(Int.max)}\n\n"))
    }
}

import Testing

@testable import WhyOps

struct LineageTests {
    private let answer = "The tallest mountain of Europe is Mount Elbrus, at 5,642 metres."

    private func keys(_ id: UInt8 = 1) throws -> SigningKeys {
        let key = try #require(SigningKey(id: id, bytes: Array(repeating: id, count: 32)))
        return try #require(SigningKeys([key]))
    }

    private func lineage(_ body: String, _ format: ExchangeFormat = .chat, user: String? = nil) throws -> Lineage {
        let reading = try RequestReading(Array(body.utf8), format: format)
        return Lineage(of: reading, keys: try keys(), agent: "agent", user: user)
    }

    private func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func chat(_ messages: (role: String, text: String)...) -> String {
        let list = messages.map { #"{"role":"\#($0.role)","content":\#(quoted($0.text))}"# }
        return #"{"model":"m","max_tokens":99,"messages":[\#(list.joined(separator: ","))]}"#
    }

    private func responses(_ items: (role: String, text: String)...) -> String {
        let list = items.map { #"{"role":"\#($0.role)","content":\#(quoted($0.text))}"# }
        return #"{"model":"m","input":[\#(list.joined(separator: ","))]}"#
    }

    /// What a reply says, whole.
    private func capture(_ body: String, _ format: ExchangeFormat) throws -> ReplyCapture {
        try #require(WholeReply(Array(body.utf8), format: format, frame: nil)).capture
    }

    // MARK: What is noted is what the next request asks for

    @Test(arguments: [ExchangeFormat.chat, .messages, .responses])
    func replyIsNotedAsTheNextRequestSeeksIt(_ format: ExchangeFormat) throws {
        let text = quoted(answer)
        let reply =
            switch format {
            case .chat: #"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":\#(text)}}]}"#
            case .messages:
                #"{"id":"m","content":[{"type":"thinking","thinking":"?"},{"type":"text","text":\#(text)}]}"#
            case .responses:
                #"{"id":"r","output":[{"type":"message","content":[{"type":"output_text","text":\#(text)}]}]}"#
            }
        let isList = format == .responses
        let first = isList ? #"{"model":"m","input":"Which?"}"# : chat(("user", "Which?"))
        let turns = [(role: "user", text: "Which?"), (role: "assistant", text: answer), (role: "user", text: "Why?")]
        let next = isList ? responses(turns[0], turns[1], turns[2]) : chat(turns[0], turns[1], turns[2])
        let noted = try lineage(first, format).noted(try capture(reply, format))
        #expect(noted.count == 1)
        #expect(try lineage(next, format).sought == [noted])
    }

    @Test func streamIsNotedAsAWholeReplyIs() throws {
        let lineage = try lineage(chat(("user", "Which?")))
        var stream = ReplyStream(format: .chat, frame: nil, lineage: lineage)
        for piece in [answer.prefix(20), answer.dropFirst(20).prefix(1), answer.dropFirst(21)] {
            let chunk = #"data: {"choices":[{"index":0,"delta":{"content":\#(quoted(String(piece)))}}]}"# + "\n\n"
            _ = stream.read(Array(chunk.utf8).span)
        }
        let whole = #"{"choices":[{"index":0,"message":{"role":"assistant","content":\#(quoted(answer))}}]}"#
        let noted = lineage.noted(try capture(whole, .chat))
        #expect(noted.count == 1)
        #expect(stream.takeEchoes().isEmpty)
        _ = stream.read(Array("data: [DONE]\n\n".utf8).span)
        #expect(stream.takeEchoes() == noted)
        _ = stream.finish()
        #expect(stream.takeEchoes().isEmpty)
    }

    @Test func streamThatBreaksOffIsNotedWithWhatCame() throws {
        let lineage = try lineage(chat(("user", "Which?")))
        var stream = ReplyStream(format: .chat, frame: nil, lineage: lineage)
        let chunk = #"data: {"choices":[{"index":0,"delta":{"content":\#(quoted(answer))}}]}"# + "\n\n"
        _ = stream.read(Array(chunk.utf8).span)
        #expect(stream.takeEchoes().isEmpty)
        _ = stream.finish()
        #expect(stream.takeEchoes().count == 1)
    }

    @Test func everyChoiceIsNoted() throws {
        let other = quoted("Mont Blanc, some say, since Elbrus lies on the border of two continents.")
        let reply = """
            {"choices":[{"index":0,"message":{"content":\(quoted(answer))}},{"index":1,"message":{"content":\(other)}},\
            {"index":2,"message":{"content":\(other)}},{"index":3,"message":{"content":null}}]}
            """
        #expect(try lineage(chat(("user", "Which?"))).noted(try capture(reply, .chat)).count == 2)
    }

    // MARK: However a client spells its letters

    @Test(arguments: [
        (
            "l'\u{E9}l\u{E8}ve a go\u{FB}t\u{E9} \u{E7}\u{E0} et l\u{E0} un g\u{E2}teau, \u{E0} No\u{EB}l",
            "l'e\u{301}le\u{300}ve a gou\u{302}te\u{301} c\u{327}a\u{300} et la\u{300} un ga\u{302}teau, a\u{300} Noe\u{308}l"
        ),
        (
            "Vi\u{1EC7}t Nam, th\u{1EE7} \u{111}\u{F4} l\u{E0} H\u{E0} N\u{1ED9}i, \u{111}\u{1ED3}ng b\u{1EB1}ng s\u{F4}ng H\u{1ED3}ng",
            "Vie\u{323}\u{302}t Nam, thu\u{309} \u{111}o\u{302} la\u{300} Ha\u{300} No\u{323}\u{302}i, \u{111}o\u{302}\u{300}ng ba\u{306}\u{300}ng so\u{302}ng Ho\u{302}\u{300}ng"
        ),
    ]) func normalFormsAreOneConversation(composed: String, decomposed: String) throws {
        let history = { (text: String) in self.chat(("user", text), ("assistant", text), ("user", "?")) }
        let sought = try lineage(history(composed)).sought
        #expect(sought.count == 1)
        #expect(try lineage(history(decomposed)).sought == sought)
        let without = String(
            decomposed.unicodeScalars.filter { !(0x300...0x36F).contains($0.value) }.map(Character.init)
        )
        #expect(try lineage(history(without)).sought != sought)
    }

    /// Marks behind escapes and letters, what they join and what they do not, and pairs of surrogates.
    @Test(arguments: [
        "one\n\u{301}two \"e\u{301}\" \\\u{338} =\u{338}", "a\tb\\c/d\u{327}", "line\nline\n\u{1F600}e\u{301}\n", "\"",
        "x\n",
    ]) func escapesReadAsWhatTheyStandFor(_ text: String) throws {
        let said = text + answer
        let plain = chat(("user", said), ("assistant", said), ("user", "Why?"))
        let escaped = plain.replacing(quoted(said), with: #""\#(said.utf16.map { escape($0) }.joined())""#)
        #expect(try lineage(escaped).digest == lineage(plain).digest)
        #expect(try lineage(escaped).sought == lineage(plain).sought)
    }

    private func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
    }

    @Test func textsOfOneSideAreOne() throws {
        let (start, rest) = (String(answer.prefix(40)), String(answer.dropFirst(40)))
        let one = try lineage(chat(("user", "Which?"), ("assistant", answer), ("user", "Why?")))
        let two = try lineage(chat(("user", "Which?"), ("assistant", start), ("assistant", rest), ("user", "Why?")))
        #expect(one.digest == two.digest)
        #expect(one.sought.first == two.sought.first)
    }

    @Test func prefilledReplyIsNotedAsOneText() throws {
        let reply = #"{"content":[{"type":"text","text":\#(quoted(String(answer.dropFirst(12))))}]}"#
        let first = chat(("user", "Which?"), ("assistant", String(answer.prefix(12))))
        let next = chat(("user", "Which?"), ("assistant", answer), ("user", "Why?"))
        let noted = try lineage(first, .messages).noted(try capture(reply, .messages))
        #expect(try lineage(next, .messages).sought == [noted])
    }

    @Test func answerThatSaysTooLittleIsNotNoted() throws {
        let reply = #"{"choices":[{"index":0,"message":{"content":"Hello! How can I assist you today?"}}]}"#
        #expect(try lineage(chat(("user", "Hi"))).noted(try capture(reply, .chat)).isEmpty)
    }

    @Test func anotherUserHasOtherKeys() throws {
        let body = chat(("user", "Which?"), ("assistant", answer), ("user", "Why?"))
        let keys = try ["a", "b", "", nil].map { try lineage(body, user: $0).sought }
        #expect(keys[0] != keys[1])
        #expect(keys[1] != keys[2])
        #expect(keys[2] == keys[3])
    }

    @Test func historyThatTheProviderKeepsHasNone() throws {
        let reply = #"{"output":[{"type":"message","content":[{"type":"output_text","text":\#(quoted(answer))}]}]}"#
        for member in [#""previous_response_id":"r""#, #""conversation":{"id":"c"}"#] {
            let lineage = try lineage(#"{"model":"m","input":"Why?",\#(member)}"#, .responses)
            #expect(lineage.sought.isEmpty)
            #expect(lineage.noted(try capture(reply, .responses)).isEmpty)
        }
    }

    // MARK: What is known

    @Test func keyOfTwoTracesEndsTheSearch() throws {
        let (one, two) = (try #require(TraceID("one")), try #require(TraceID("two")))
        let body = chat(
            ("user", "Which?"),
            ("assistant", answer),
            ("user", "Why?"),
            ("assistant", "So."),
            ("user", "Ah.")
        )
        let lineage = try lineage(body)
        let (newest, older) = (lineage.sought[0], lineage.sought[1])
        var known = EchoLinks.Knowledge()
        known.insert(older[0], one)
        #expect(lineage.trace(known) == one)
        known.insert(newest[0], two)
        #expect(lineage.trace(known) == two)
        known.insert(newest[0], one)
        #expect(lineage.trace(known) == nil)
        known.insert(newest[0], two)
        #expect(lineage.trace(known) == nil)
    }

    @Test func whatOthersKnowCounts() throws {
        let key = try #require(EchoID(.lineage, "k"))
        let (one, two) = (try #require(TraceID("one")), try #require(TraceID("two")))
        func knowledge(_ traces: TraceID...) -> EchoLinks.Knowledge {
            var knowledge = EchoLinks.Knowledge()
            for trace in traces { knowledge.insert(key, trace) }
            return knowledge
        }
        func merged(_ here: EchoLinks.Knowledge, _ there: EchoLinks.Knowledge) -> EchoLinks.Knowledge {
            var here = here
            here.merge(there)
            return here
        }
        #expect(merged(knowledge(one), knowledge()).traces == [key: one])
        #expect(merged(knowledge(), knowledge(one)).traces == [key: one])
        #expect(merged(knowledge(one), knowledge(two)).ambiguous == [key])
        #expect(merged(knowledge(one), knowledge(one, two)).traces.isEmpty)
        #expect(merged(knowledge(one, two), knowledge(one)).ambiguous == [key])
    }

    @Test func lineageDecidesOnlyWhereNothingElseDoes() throws {
        let (trace, fresh) = (try #require(TraceID("t")), try #require(TraceID("f")))
        let new = TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: fresh)
        #expect(new.joining(trace).id == trace)
        #expect(new.joining(trace).source == .lineage)
        #expect(new.joining(nil) == new)
        let named = TraceResolution(traceHeader: "h", threadHeader: nil, turns: [], known: [:], fresh: fresh)
        #expect(named.joining(trace) == named)
    }
}

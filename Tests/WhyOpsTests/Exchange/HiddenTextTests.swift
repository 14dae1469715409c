import Testing

@testable import WhyOps

/// EXC-84: what people do not see and models read is counted, what writing needs is not.
@Suite struct HiddenTextTests {
    private func hidden(_ text: String) -> HiddenText {
        let bytes = Array(text.utf8)
        return HiddenText(bytes.span, in: 0..<bytes.count)
    }

    private func counts(_ hidden: HiddenText) -> [Int] {
        [hidden.tags, hidden.overrides, hidden.zeroWidth, hidden.selectors]
    }

    @Test(arguments: [
        ("plain text, \u{6C34}\u{1F600}", [0, 0, 0, 0]),
        // Persian with joiners, Arabic with isolates, a mark of direction.
        ("\u{645}\u{6CC}\u{200C}\u{62E}\u{648}\u{627}\u{647}\u{645} \u{2068}abc\u{2069}\u{200F}", [0, 0, 0, 0]),
        // A family, a heart, the flags of Scotland and of Texas, ideographs with selectors.
        ("\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} \u{2764}\u{FE0F}\u{200D}\u{1F525}", [0, 0, 0, 0]),
        ("\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}", [0, 0, 0, 0]),
        ("\u{1F3F4}\u{E0075}\u{E0073}\u{E0074}\u{E0078}\u{E007F}", [0, 0, 0, 0]),
        ("\u{845B}\u{E0100}\u{845B}\u{E0101}", [0, 0, 0, 0]),
        ("\u{E0048}\u{E0069}", [2, 0, 0, 0]),
        // Orders behind a flag that never ends, or that is too long for a region.
        ("\u{1F3F4}\u{E0048}\u{E0069}", [2, 0, 0, 0]),
        ("\u{1F3F4}\u{E0069}\u{E0067}\u{E006E}\u{E006F}\u{E0072}\u{E0065}\u{E0020}\u{E007F}", [8, 0, 0, 0]),
        ("a\u{202E}b\u{202C}", [0, 1, 0, 0]),
        ("a\u{200B}\u{200B}\u{200B}b", [0, 0, 0, 0]),
        ("a\u{200B}\u{200C}\u{FEFF}\u{2060}b", [0, 0, 4, 0]),
        ("\u{1F600}\u{FE0F}\u{E0101}\u{E0102}\u{E0103}", [0, 0, 0, 4]),
        // Escaped, and half a pair.
        (#"\u200b\u200B\ufeff\u2060 \udb40\udc48 \ud83d"#, [1, 0, 4, 0]),
        (#"\\u202e \n\"\u202e"#, [0, 1, 0, 0]),
    ]) func isCounted(text: String, expected: [Int]) {
        #expect(counts(hidden(text)) == expected)
    }

    private func metadata(_ body: String, _ format: ExchangeFormat) throws -> String? {
        try RequestReading(Array(body.utf8), format: format).event?["hiddenText"]
    }

    @Test func onlyWhatIsNewIsCounted() throws {
        let tag = #"\udb40\udc48"#
        let answered =
            #"{"model":"m","messages":[{"role":"user","content":"\#(tag)"},{"role":"assistant","content":"a"},"#
        #expect(try metadata(answered + #"{"role":"user","content":"b"}]}"#, .chat) == nil)
        #expect(try metadata(answered + #"{"role":"user","content":"\#(tag)\#(tag)"}]}"#, .chat) == #"{"tags":2}"#)
        let call = #"{"type":"function_call","call_id":"c","name":"f","arguments":"\#(tag)"}"#
        let output = #"{"type":"function_call_output","call_id":"c","output":"\#(tag)"}"#
        #expect(try metadata(#"{"model":"m","input":[\#(call),\#(output)]}"#, .responses) == #"{"tags":1}"#)
        #expect(try metadata(#"{"model":"m","input":"\#(tag)"}"#, .responses) == #"{"tags":1}"#)
        #expect(try metadata(#"{"model":"m"}"#, .responses) == nil)
    }

    /// Our own frames are taken out, so they are not hidden.
    @Test func framesAreNoHiddenText() throws {
        let id = try #require(TraceID("id-7"))
        let frame = String(decoding: try #require(InvisibleSignature.encodeV1(id)), as: UTF8.self)
        let message = #"{"role":"user","content":"You said: yes.\#(frame) Why? \u202e"}"#
        let body = #"{"model":"m","messages":[\#(message)]}"#
        #expect(try metadata(body, .chat) == #"{"overrides":1}"#)
    }
}

extension RequestReading {
    /// The metadata of the request's event, each value as JSON.
    fileprivate var event: [String: String]? {
        guard let trace = TraceID("t") else { return nil }
        let events = ExchangeEvents(
            resolution: TraceResolution(
                traceHeader: nil,
                threadHeader: nil,
                turns: turns,
                known: [:],
                fresh: trace
            ),
            agentName: "a",
            externalUserID: nil,
            spanID: "s",
            provider: "p"
        )
        let metadata = events.request(self, at: "2026-01-01T00:00:00.000Z").metadata ?? []
        guard let root = (try? JSONDocument(metadata))?.root else { return nil }
        return Dictionary(
            root.members.map { ($0.name, String(decoding: $0.value.slice, as: UTF8.self)) }
        ) { _, last in last }
    }
}

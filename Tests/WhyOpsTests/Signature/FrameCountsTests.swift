import Testing

@testable import WhyOps

/// Every frame that is taken out is counted by what it proves (EXC-90, PRX-85).
@Suite struct FrameCountsTests {
    private let id = "5b6d1f0a-6f3c-4b7e-9f43-0c7a2f9b1d11"

    private func key(_ id: UInt8, _ byte: UInt8) throws -> SigningKey {
        try #require(SigningKey(id: id, bytes: Array(repeating: byte, count: SigningKey.byteCount)))
    }

    private func keys() throws -> SigningKeys { try #require(SigningKeys([key(1, 1), key(2, 2)])) }

    private func signed(_ key: SigningKey) throws -> String {
        let id = try #require(TraceID(id))
        return String(decoding: try #require(InvisibleSignature.encodeV2(id, with: key)), as: UTF8.self)
    }

    private func version1() throws -> String {
        let id = try #require(TraceID("session-1"))
        return String(decoding: try #require(InvisibleSignature.encodeV1(id)), as: UTF8.self)
    }

    /// A frame that holds another one before its last character.
    private func around(_ inner: String, version: Int = 2) throws -> String {
        var outer = Array((version == 1 ? try version1() : try signed(key(1, 1))).unicodeScalars)
        outer.insert(contentsOf: inner.unicodeScalars, at: outer.count - 1)
        return String(String.UnicodeScalarView(outer))
    }

    private func counts(_ text: String, _ keys: SigningKeys?) -> [FrameCounts.Proof: Int] {
        let bytes = Array(text.utf8)
        let reading = InvisibleSignature.read(bytes.span, in: 0..<bytes.count, escapes: false, keys: keys)
        let counts = reading?.counts ?? FrameCounts()
        return Dictionary(uniqueKeysWithValues: FrameCounts.Proof.allCases.map { ($0, counts[$0]) }).filter {
            $0.value > 0
        }
    }

    @Test func frameIsCountedByWhatItProves() throws {
        let keys = try keys()
        let good = try signed(key(2, 2))
        #expect(counts("a\(good) b\(good)", keys) == [.verified: 2])
        #expect(counts("a\(good)", nil) == [.unknownKey: 1])
        #expect(counts("a\(try signed(key(3, 3)))", keys) == [.unknownKey: 1])
        #expect(counts("a\(try signed(key(2, 9)))", keys) == [.wrongTag: 1])
        #expect(counts("a\(try version1())\(try version1())", keys) == [.version1: 2])
        #expect(counts("a\u{2060}\u{E01D8}\u{E0100}b", keys) == [.laterVersion: 1])
        #expect(counts("a\(try around(version1()))b", keys) == [.version1: 1, .nested: 1])
        #expect(counts("a\(try around(good, version: 1))b", keys) == [.verified: 1, .nested: 1])
    }

    @Test func whatIsNotTakenOutIsNotCounted() throws {
        let keys = try keys()
        let bare = String(try signed(key(2, 2)).unicodeScalars.dropFirst())
        #expect(counts("a\(bare)", keys) == [.verified: 1])
        let strange = String(try signed(key(2, 9)).unicodeScalars.dropFirst())
        #expect(counts("a\(strange)", keys).isEmpty)
        let cutOff = String(try signed(key(2, 2)).unicodeScalars.dropLast())
        #expect(counts("a\(cutOff) \u{200B}\u{200C}\u{200E}", keys).isEmpty)
    }

    // MARK: What the event of a request says

    private func stripped(_ texts: [String], _ keys: SigningKeys?) throws -> String? {
        let messages = texts.map { text in
            var writer = JSONWriter()
            writer.string(text)
            return #"{"role":"user","content":\#(String(decoding: writer.bytes, as: UTF8.self))}"#
        }
        let body = #"{"model":"m","messages":[\#(messages.joined(separator: ","))]}"#
        let reading = try RequestReading(Array(body.utf8), format: .chat, keys: keys)
        let fresh = try #require(TraceID("t"))
        let resolution = TraceResolution(
            traceHeader: nil,
            threadHeader: nil,
            turns: [],
            known: [:],
            fresh: fresh
        )
        let events = ExchangeEvents(
            resolution: resolution,
            agentName: "a",
            externalUserID: nil,
            spanID: "s",
            provider: "openai"
        )
        let metadata = try #require(events.request(reading, at: "2026-01-01T00:00:00Z").metadata)
        return try JSONDocument(metadata).root["strippedFrames"].map { String(decoding: $0.slice, as: UTF8.self) }
    }

    @Test func eventSaysWhatProvesNothing() throws {
        let keys = try keys()
        let texts = [
            "a\(try signed(key(3, 3)))", "b\(try signed(key(2, 9)))\(try version1())", "c\(try signed(key(1, 7)))",
        ]
        #expect(try stripped(texts, keys) == #"{"unknownKey":1,"wrongTag":2}"#)
        #expect(
            try stripped(["a\u{2060}\u{E01D8}b", try around(version1())], keys) == #"{"laterVersion":1,"nested":1}"#
        )
        #expect(try stripped(["a\(try signed(key(1, 1)))\(try version1())"], keys) == nil)
    }

    // MARK: Headers

    @Test func headersThatNameNoTraceAreTold() throws {
        let long = String(repeating: "x", count: 120)
        func ignored(_ headers: [String: String], traceParent: String? = nil) throws -> [TraceHeader] {
            let fresh = try #require(TraceID("t"))
            let resolution = TraceResolution(
                traceHeader: headers["x-trace-id"],
                threadHeader: headers["x-thread-id"],
                turns: [],
                known: [:],
                harness: HarnessSession { headers[$0] },
                fresh: fresh
            )
            return ExchangeEvents(
                resolution: resolution,
                agentName: "a",
                externalUserID: nil,
                spanID: "s",
                provider: "openai",
                traceParent: traceParent
            ).ignoredHeaders
        }
        #expect(try ignored(["x-trace-id": "", "x-thread-id": "caf\u{E9}"]) == [.traceID, .threadID])
        #expect(try ignored(["x-opencode-session": "s", "x-parent-session-id": long]) == [.openCodeParentSession])
        #expect(try ignored(["x-opencode-session": long]) == [.openCodeSession])
        #expect(
            try ignored(["originator": "codex", "session-id": "", "session_id": long + long]) == [
                .codexSession, .codexSessionWithUnderscore,
            ]
        )
        #expect(try ignored(["session-id": ""]).isEmpty)
        #expect(try ignored(["x-trace-id": "fine"], traceParent: "00-0-0-0") == [.traceParent])
        let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        #expect(try ignored([:], traceParent: valid).isEmpty)
    }
}

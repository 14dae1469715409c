import Testing
import WhyOps

/// What the cases of whole and streamed replies have in common.
struct ReplyVector {
    let format: ExchangeFormat
    let policy: SignaturePolicy
    /// The frame of the trace; `nil` where the request or the id forbids one.
    let frame: [UInt8]?
    let reply: [UInt8]
    let signed: [Bool]
    /// The text of each choice as the client has to get it.
    let texts: [[UInt8]?]
    let output: JSON

    init(_ vector: ConformanceCase) throws {
        format = try #require(ExchangeFormat(rawValue: vector.input["format"]?.text ?? ""))
        policy = SignaturePolicy(rawValue: vector.input["policy"]?.text ?? "careful") ?? .careful
        reply = try vector.text("reply")
        output = try #require(vector.output)
        let request = try RequestReading(vector.text("request"), format: format)
        let candidate = vector.input["traceId"]?.text.flatMap { TraceID($0) }.flatMap {
            InvisibleSignature.encodeV1($0)
        }
        frame = request.constraint == nil ? candidate : nil
        signed = output["signed"]?.array.compactMap(\.bool) ?? []
        let offsets = output["offset"]?.array.map(\.integer) ?? []
        let plain = output["text"]?.array.map { TextValue.bytes($0) } ?? []
        texts = zip(plain, offsets).map { text, offset in
            guard let text, let offset, let candidate else { return text }
            return text[..<offset] + candidate + text[offset...]
        }
    }

    /// Checks what a client reads from the output.
    func check(_ read: ReplyReader, sourceLocation: SourceLocation = #_sourceLocation) {
        let actual = read.texts(format.rawValue)
        #expect(actual.map { $0 ?? [] } == texts.map { $0 ?? [] }, sourceLocation: sourceLocation)
        if let parts = output["text_parts"]?.array, signed == [false] {
            #expect(read.textParts == parts.map { TextValue.bytes($0) ?? [] }, sourceLocation: sourceLocation)
        }
        let facts = read.facts(format.rawValue)
        for name in ["finish_reason", "tool_calls", "usage", "refusal", "block_types", "thinking"] {
            guard let expected = output[name] else { continue }
            #expect(facts[name] == expected, "\(name)", sourceLocation: sourceLocation)
        }
    }
}

struct EmbedVectorTests {
    @Test(arguments: Vectors.embed)
    func embed(_ vector: ConformanceCase) throws {
        let row = try ReplyVector(vector)
        // EXC-23: only replies with a 2xx status are looked at.
        guard let status = vector.input["status"]?.integer, (200..<300).contains(status) else {
            #expect(!row.signed.contains(true))
            return
        }
        let edits = WholeReply(row.reply, format: row.format, frame: row.frame, policy: row.policy)?.edits ?? []
        let output = row.reply.applying(edits)
        #expect(edits.count == row.signed.count { $0 })
        if !row.signed.contains(true) { #expect(output == row.reply) }

        // Taking the inserted ranges out of the output gives the reply back, byte for byte.
        var restored = output
        var shift = edits.reduce(0) { $0 + $1.replacement.count }
        for edit in edits.reversed() {
            #expect(edit.range.isEmpty && edit.replacement == row.frame)
            shift -= edit.replacement.count
            let start = edit.range.lowerBound + shift
            restored.removeSubrange(start..<start + edit.replacement.count)
        }
        #expect(restored == row.reply)

        guard !row.texts.isEmpty else { return }
        row.check(try #require(ReplyReader(whole: output, format: row.format.rawValue)))
    }
}

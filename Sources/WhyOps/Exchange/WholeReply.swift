/// A reply that came as one JSON body: what to change in it, and what it said.
public struct WholeReply: Sendable {
    /// The frames to insert; empty where the body goes as it came.
    public let edits: [ByteEdit]
    /// What it said.
    public private(set) var capture: ReplyCapture
    /// The keys of lineage that are still to be noted.
    private var keys: [EchoID]

    /// The ids and keys to make known before the body is released (TRC-6, TRC-39).
    public mutating func takeEchoes() -> [EchoID] {
        defer { keys = [] }
        return capture.takeEchoes() + keys
    }

    /// Reads a body; `nil` where it is not JSON (PRX-16).
    ///
    /// - Parameters:
    ///   - frame: the signature to embed; `nil` where the reply must not carry one.
    ///   - policy: which texts may carry it.
    ///   - lineage: of the request that is answered.
    /// - Complexity: O(n).
    public init?(
        _ body: [UInt8],
        format: ExchangeFormat,
        frame: [UInt8]?,
        policy: SignaturePolicy = .careful,
        lineage: Lineage? = nil
    ) {
        let tape: JSONTape
        do throws(JSONFault) {
            tape = try JSONTape(scanning: body.span)
        } catch {
            guard error.isLimit else { return nil }
            // More than is read: it passes as it came, like an event that is too large (EXC-38).
            self.edits = []
            self.keys = []
            self.capture = ReplyCapture()
            self.capture.markIncomplete()
            return
        }
        var capture = ReplyCapture()
        var edits: [ByteEdit] = []
        // EXC-24: other JSON passes as it came; the readers below find nothing in it.
        let texts =
            switch format {
            case .chat: Self.readChat(tape, body.span, &capture)
            case .messages: Self.readMessage(tape, body.span, &capture)
            case .responses: Self.readResponse(tape, body.span, &capture)
            }
        if let frame {
            for text in texts {
                let range = tape.contentRange(text)
                if let place = CarrierTest.place(in: body.span, range, escapes: true, policy: policy) {
                    edits.append(ByteEdit(place..<place, with: frame))
                }
            }
        }
        capture.isEnded = true
        capture.signatures = edits.count
        self.edits = edits.sorted { $0.range.lowerBound < $1.range.lowerBound }
        self.keys = lineage?.noted(capture) ?? []
        self.capture = capture
    }

    /// Reads a chat completion and gives the texts that may carry a frame.
    private static func readChat(
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ capture: inout ReplyCapture
    ) -> [JSONTape.Index] {
        capture.readChatHead(tape, bytes)
        // EXC-24
        guard let choices = tape.member("choices", of: tape.root, in: bytes), tape.kind(choices) == .array else {
            return []
        }
        var texts: [JSONTape.Index] = []
        for (number, choice) in tape.children(choices).enumerated() where tape.kind(choice) == .object {
            let index = tape.member("index", of: choice, in: bytes).flatMap { tape.integer($0, in: bytes) } ?? number
            let message = tape.member("message", of: choice, in: bytes)
            if let message { capture.noteToolCalls(message, tape, bytes) }
            guard capture.admits(choice: index) else { continue }
            let place = capture.choice(index)
            if let reason = capture.finishReason(of: choice, tape, bytes) {
                capture.choices[place].finishReason = tape.utf8(reason, in: bytes)
            }
            guard let message else { continue }
            capture.readChatMessage(message, into: place, tape, bytes)
            if let content = tape.member("content", of: message, in: bytes), tape.kind(content) == .string {
                texts.append(content)
            }
        }
        return texts
    }

    /// Reads an Anthropic message and gives its first text, the only one that may carry a frame (EXC-20).
    private static func readMessage(
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ capture: inout ReplyCapture
    ) -> [JSONTape.Index] {
        capture.readMessageHead(tape.root, tape, bytes)
        // EXC-98
        if let type = tape.member("type", of: tape.root, in: bytes), tape.isString(type, "error", in: bytes) {
            let error = tape.member("error", of: tape.root, in: bytes)
            capture.error = error.flatMap { tape.kind($0) == .null ? nil : tape.slice($0, in: bytes) }
        }
        guard let content = tape.member("content", of: tape.root, in: bytes), tape.kind(content) == .array else {
            return []
        }
        var first: JSONTape.Index?
        for (index, block) in tape.children(content).enumerated() where tape.kind(block) == .object {
            capture.noteBlock(block, index, tape, bytes)
            capture.endSeal(index)
            capture.readBlock(block, index, tape, bytes)
            if first == nil, let type = tape.member("type", of: block, in: bytes),
                tape.isString(type, "text", in: bytes),
                let text = tape.member("text", of: block, in: bytes), tape.kind(text) == .string
            {
                first = text
            }
        }
        return first.map { [$0] } ?? []
    }
    /// Reads a response object and gives its first text, the only one that may carry a frame (EXC-20, EXC-27).
    private static func readResponse(
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ capture: inout ReplyCapture
    ) -> [JSONTape.Index] {
        capture.readResponse(tape.root, tape, bytes)
        guard !SignatureConstraint.constrains(tape.root, tape, bytes),
            let items = tape.member("output", of: tape.root, in: bytes), tape.kind(items) == .array
        else { return [] }
        for item in tape.children(items) {
            guard let type = tape.member("type", of: item, in: bytes), tape.isString(type, "message", in: bytes),
                let content = tape.member("content", of: item, in: bytes), tape.kind(content) == .array
            else { continue }
            for part in tape.children(content) {
                guard let type = tape.member("type", of: part, in: bytes),
                    tape.isString(type, "output_text", in: bytes)
                else { continue }
                // EXC-66
                guard let text = tape.member("text", of: part, in: bytes), tape.kind(text) == .string else { continue }
                return [text]
            }
        }
        return []
    }
}

/// The events of a streamed Anthropic message.
struct MessagesStream: Sendable {
    /// The first text block, the only one that may carry a frame (EXC-20).
    private enum FirstText: Sendable {
        case awaited
        case open(index: Int, HeldText)
        case ended
    }

    var capture = ReplyCapture()
    private let frame: [UInt8]?
    private let policy: SignaturePolicy
    private var first = FirstText.awaited

    init(frame: [UInt8]?, policy: SignaturePolicy) {
        self.frame = frame
        self.policy = policy
    }

    mutating func read(_ tape: JSONTape, _ text: [UInt8], _ ending: ServerSentEventReader.LineEnding) -> StreamChange {
        let bytes = text.span
        let root = tape.root
        guard let type = tape.member("type", of: root, in: bytes) else {
            return tape.isError(in: bytes) ? endWithError(tape, bytes, ending) : StreamChange()
        }
        let index = tape.member("index", of: root, in: bytes).flatMap { tape.integer($0, in: bytes) } ?? 0
        if tape.isString(type, "content_block_delta", in: bytes) {
            guard let delta = tape.member("delta", of: root, in: bytes) else { return StreamChange() }
            capture.noteBlockDelta(delta, index, tape, bytes)
            if capture.admits(tape.range(delta).count) { capture.readBlockDelta(delta, index, tape, bytes) }
            return passDelta(delta, index, tape, bytes)
        }
        if tape.isString(type, "content_block_start", in: bytes) {
            guard let block = tape.member("content_block", of: root, in: bytes) else { return StreamChange() }
            capture.noteBlock(block, index, tape, bytes)
            if capture.admits(item: tape.range(block).count) { capture.readBlock(block, index, tape, bytes) }
            return passStart(block, index, tape, bytes)
        }
        if tape.isString(type, "content_block_stop", in: bytes) {
            capture.endSeal(index)
            guard let frame, case .open(index, var held) = first else { return StreamChange() }
            first = .ended
            if held.carries { capture.signatures += 1 }
            return StreamChange(before: delta(index, held.end(frame: frame), ending))
        }
        if tape.isString(type, "message_start", in: bytes) {
            if let message = tape.member("message", of: root, in: bytes) {
                capture.readMessageHead(message, tape, bytes)
            }
        } else if tape.isString(type, "message_delta", in: bytes) {
            capture.readMessageDelta(tape, bytes)
        } else if tape.isString(type, "message_stop", in: bytes) {
            capture.isEnded = true
            return StreamChange(before: end(ending))
        } else if tape.isString(type, "error", in: bytes) {
            return endWithError(tape, bytes, ending)
        }
        return StreamChange()
    }

    private mutating func endWithError(
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ ending: ServerSentEventReader.LineEnding
    ) -> StreamChange {
        capture.error = tape.member("error", of: tape.root, in: bytes).map { tape.slice($0, in: bytes) }
        return StreamChange(before: end(ending))
    }

    private mutating func passStart(
        _ block: JSONTape.Index,
        _ index: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) -> StreamChange {
        guard frame != nil, case .awaited = first, let type = tape.member("type", of: block, in: bytes),
            tape.isString(type, "text", in: bytes)
        else { return StreamChange() }
        var held = HeldText(policy: policy)
        defer { first = .open(index: index, held) }
        guard let text = tape.member("text", of: block, in: bytes), tape.kind(text) == .string else {
            return StreamChange()
        }
        return pass(text, &held, tape, bytes)
    }

    private mutating func passDelta(
        _ delta: JSONTape.Index,
        _ index: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) -> StreamChange {
        guard case .open(index, var held) = first, let text = tape.member("text", of: delta, in: bytes),
            tape.kind(text) == .string, let type = tape.member("type", of: delta, in: bytes),
            tape.isString(type, "text_delta", in: bytes)
        else { return StreamChange() }
        defer { first = .open(index: index, held) }
        return pass(text, &held, tape, bytes)
    }

    private func pass(
        _ text: JSONTape.Index,
        _ held: inout HeldText,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) -> StreamChange {
        let range = tape.contentRange(text)
        guard !range.isEmpty, let replacement = held.pass(bytes, range) else { return StreamChange() }
        return StreamChange(edits: [ByteEdit(range, with: replacement)])
    }

    /// Ends the text that is open, and lets none begin (EXC-63).
    private mutating func end(_ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        defer { first = .ended }
        return release(ending)
    }

    /// Gives back white space that is still held (EXC-35, EXC-36).
    mutating func release(_ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        guard case .open(let index, var held) = first else { return [] }
        first = .ended
        return delta(index, held.end(frame: []), ending)
    }

    /// A `text_delta` of ours with a piece of text, given as the inside of a JSON string (EXC-33).
    private func delta(_ index: Int, _ piece: [UInt8], _ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        if piece.isEmpty { return [] }
        var event = [UInt8]("event: content_block_delta".utf8)
        event += ending.bytes
        event +=
            "data: {\"type\":\"content_block_delta\",\"index\":\(index),\"delta\":{\"type\":\"text_delta\",\"text\":\""
            .utf8
        event += piece
        event += "\"}}".utf8
        event += ending.bytes
        event += ending.bytes
        return event
    }
}

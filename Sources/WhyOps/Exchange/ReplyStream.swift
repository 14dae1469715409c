/// A streamed reply while it passes from the upstream to the client: bytes in, bytes out, and what it said.
///
/// Without a frame to embed every byte goes out as it came. Memory is bounded by the largest event (EXC-38) and
/// by what is captured.
public struct ReplyStream: Sendable {
    private enum Editor: Sendable {
        case chat(ChatStream)
        case messages(MessagesStream)
        case responses(ResponsesStream)
    }

    var reader = ServerSentEventReader()
    private var data = EventData()
    private var editor: Editor

    /// Creates a stream.
    ///
    /// - Parameters:
    ///   - frame: the signature to embed; `nil` where the reply must not carry one.
    ///   - policy: which texts may carry it.
    public init(format: ExchangeFormat, frame: [UInt8]?, policy: SignaturePolicy = .careful) {
        switch format {
        case .chat: editor = .chat(ChatStream(frame: frame, policy: policy))
        case .messages: editor = .messages(MessagesStream(frame: frame, policy: policy))
        case .responses: editor = .responses(ResponsesStream(frame: frame, policy: policy))
        }
    }

    /// What the reply has said so far.
    public var capture: ReplyCapture {
        var capture =
            switch editor {
            case .chat(let stream): stream.capture
            case .messages(let stream): stream.capture
            case .responses(let stream): stream.capture
            }
        if reader.isPassingThrough { capture.isComplete = false }
        return capture
    }

    /// The ids to make known before the bytes that were returned last are released (TRC-6).
    public mutating func takeEchoes() -> [EchoID] {
        switch editor {
        case .chat(var stream):
            editor = .chat(ChatStream(frame: nil, policy: .off))
            defer { editor = .chat(stream) }
            return stream.capture.takeEchoes()
        case .messages(var stream):
            editor = .messages(MessagesStream(frame: nil, policy: .off))
            defer { editor = .messages(stream) }
            return stream.capture.takeEchoes()
        case .responses(var stream):
            editor = .responses(ResponsesStream(frame: nil, policy: .off))
            defer { editor = .responses(stream) }
            return stream.capture.takeEchoes()
        }
    }

    /// Takes the next bytes of the upstream and gives what can be sent on.
    ///
    /// - Complexity: O(n) in the bytes taken.
    public mutating func read(_ chunk: Span<UInt8>) -> [UInt8] {
        reader.append(chunk)
        return drain()
    }

    /// Ends the stream and gives what is left to send.
    public mutating func finish() -> [UInt8] {
        reader.finish()
        return drain() + release()
    }

    /// Gives back white space that is still held (EXC-35).
    private mutating func release() -> [UInt8] {
        switch editor {
        case .chat(var stream):
            defer { editor = .chat(stream) }
            return stream.release(reader.lineEnding)
        case .messages(var stream):
            defer { editor = .messages(stream) }
            return stream.release(reader.lineEnding)
        case .responses(var stream):
            defer { editor = .responses(stream) }
            return stream.finish(reader.lineEnding)
        }
    }

    private mutating func drain() -> [UInt8] {
        var output: [UInt8] = []
        while let item = reader.next() {
            switch item {
            case .raw(let range):
                // EXC-46, EXC-47
                if reader.isPassingThrough || reader.isCutOff { output += release() }
                output += reader.bytes[range]
            case .event(let range, let lines):
                output += reader.isCutOff ? lastEvent(range, lines) : event(range, lines)
            }
        }
        return output
    }

    private mutating func event(_ range: Range<Int>, _ lines: [Range<Int>]) -> [UInt8] {
        let isObject = data.read(lines, in: reader.bytes)
        let change = change(isObject: isObject, isNamed: reader.bytes[range].starts(with: "event:".utf8))
        return change.before + apply(change.edits, to: range)
    }

    /// An event that lacks its end, after which nothing of ours can follow: where it leaves white space to hold, it goes
    /// as it came, and what was held comes before it (EXC-46).
    private mutating func lastEvent(_ range: Range<Int>, _ lines: [Range<Int>]) -> [UInt8] {
        var earlier = self
        let output = event(range, lines)
        return release().isEmpty ? output : earlier.release() + reader.bytes[range]
    }

    private mutating func change(isObject: Bool, isNamed: Bool) -> StreamChange {
        switch editor {
        case .chat(var stream):
            // Taken out while it works, so that its storage has one owner and is not copied.
            editor = .chat(ChatStream(frame: nil, policy: .off))
            defer { editor = .chat(stream) }
            if data.isDone { return StreamChange(before: stream.end(reader.lineEnding)) }
            return isObject ? stream.read(data.tape, data.text(in: reader.bytes), reader.lineEnding) : StreamChange()
        case .messages(var stream):
            editor = .messages(MessagesStream(frame: nil, policy: .off))
            defer { editor = .messages(stream) }
            return isObject ? stream.read(data.tape, data.text(in: reader.bytes), reader.lineEnding) : StreamChange()
        case .responses(var stream):
            editor = .responses(ResponsesStream(frame: nil, policy: .off))
            defer { editor = .responses(stream) }
            guard isObject else { return StreamChange() }
            return stream.read(data.tape, data.text(in: reader.bytes), reader.lineEnding, isNamed: isNamed)
        }
    }

    private func apply(_ edits: [ByteEdit], to range: Range<Int>) -> [UInt8] {
        if edits.isEmpty { return Array(reader.bytes[range]) }
        let placed = edits.map { edit in
            let place = data.place(edit.range)
            return ByteEdit(
                place.lowerBound - range.lowerBound..<place.upperBound - range.lowerBound,
                with: edit.replacement
            )
        }
        return Array(reader.bytes[range]).applying(placed)
    }
}

/// What becomes of one event of a stream.
struct StreamChange {
    /// Whole events to send before it.
    var before: [UInt8] = []
    /// Changes inside its data, in order.
    var edits: [ByteEdit] = []
}

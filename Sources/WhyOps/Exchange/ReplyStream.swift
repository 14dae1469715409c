/// A streamed reply while it passes from the upstream to the client: bytes in, bytes out, and what it said.
///
/// Without a frame to embed every byte goes out as it came. Memory is bounded by the largest event (EXC-38) and
/// by what is captured.
public struct ReplyStream: Sendable {
    var reader = ServerSentEventReader()
    private var data = EventData()
    private var passedEnd = PassedEnd()
    /// One of these is there, each in its own place so that it is changed where it stands.
    private var chat: ChatStream?
    private var messages: MessagesStream?
    private var responses: ResponsesStream?
    /// Of the request that is answered, until its keys were given out.
    private var lineage: Lineage?
    private var isFinished = false

    /// Creates a stream.
    ///
    /// - Parameters:
    ///   - frame: the signature to embed; `nil` where the reply must not carry one.
    ///   - policy: which texts may carry it.
    ///   - lineage: of the request that is answered.
    public init(
        format: ExchangeFormat,
        frame: [UInt8]?,
        policy: SignaturePolicy = .careful,
        lineage: Lineage? = nil
    ) {
        self.lineage = lineage
        switch format {
        case .chat: chat = ChatStream(frame: frame, policy: policy)
        case .messages: messages = MessagesStream(frame: frame, policy: policy)
        case .responses: responses = ResponsesStream(frame: frame, policy: policy)
        }
    }

    /// What the reply has said so far.
    public var capture: ReplyCapture {
        var capture = chat?.capture ?? messages?.capture ?? responses?.capture ?? ReplyCapture()
        if reader.isPassingThrough { capture.isComplete = false }
        if passedEnd.hasCome { capture.isEnded = true }
        return capture
    }

    /// Whether anything that a model makes has come (EXC-70).
    public var hasSpoken: Bool {
        chat?.capture.hasSpoken ?? messages?.capture.hasSpoken ?? responses?.capture.hasSpoken ?? false
    }

    /// Whether the event has been read that ends a reply: what comes after it says nothing of the reply.
    public var hasEnded: Bool {
        passedEnd.hasCome || chat?.capture.isEnded ?? messages?.capture.isEnded ?? responses?.capture.isEnded ?? false
    }

    /// Whether an error has been told, also where events are no longer read (PRX-171).
    package var tellsError: Bool { passedEnd.hasFailed || hasError }

    /// Whether an error has been read, which is asked of every piece: the capture is not copied for it.
    package var hasError: Bool {
        chat?.capture.hasError ?? messages?.capture.hasError ?? responses?.capture.hasError ?? false
    }

    /// Whether it can be known that the stream was cut off: the choices of a chat that had no `[DONE]` may have ended in
    /// what is no longer read (EXC-60).
    package var isJudged: Bool { chat == nil || !reader.isPassingThrough }

    /// The most bytes of content that are kept once some more have been read (PRX-210).
    package func captureNeed(afterReading count: Int) -> Int {
        let kept =
            chat?.capture.keptBytes ?? messages?.capture.keptBytes ?? responses?.capture.keptBytes ?? 0
        return kept + reader.pending + count
    }

    /// Says how many bytes of content may be kept; the rest passes all the same.
    package mutating func limitCapture(to room: Int) {
        chat?.capture.room = room
        messages?.capture.room = room
        responses?.capture.room = room
    }

    /// The most bytes that wait for the end of their event once some more have been read, with what is noted of them
    /// (PRX-211).
    package func eventNeed(afterReading count: Int) -> Int { reader.held + count }

    /// Says how long an event may be that is read; from a longer one on the stream passes as it comes (EXC-38).
    package mutating func limitEvent(to length: Int) {
        let noted = reader.held - reader.pending
        reader.maximumEventLength = min(max(0, length - noted), ServerSentEventReader.largestEvent)
    }

    /// The ids and keys to make known before the bytes that were returned last are released (TRC-6, TRC-39).
    public mutating func takeEchoes() -> [EchoID] {
        let echoes =
            chat?.capture.takeEchoes() ?? messages?.capture.takeEchoes() ?? responses?.capture.takeEchoes() ?? []
        guard let lineage, hasEnded || isFinished else { return echoes }
        self.lineage = nil
        return echoes + lineage.noted(capture)
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
        isFinished = true
        reader.finish()
        let output = drain()
        if reader.isPassingThrough { passedEnd.finish() }
        return output + release()
    }

    /// Gives back white space that is still held (EXC-35).
    private mutating func release() -> [UInt8] {
        chat?.release(reader.lineEnding) ?? messages?.release(reader.lineEnding)
            ?? responses?.finish(reader.lineEnding) ?? []
    }

    private mutating func drain() -> [UInt8] {
        var output: [UInt8] = []
        while let item = reader.next() {
            switch item {
            case .raw(let range):
                // EXC-46, EXC-47
                if reader.isPassingThrough || reader.isCutOff { output += release() }
                let bytes = reader.bytes
                if reader.isPassingThrough { passedEnd.read(bytes.span.extracting(range)) }
                output.append(bytes.span, range)
            case .event(let range):
                if reader.isCutOff { output += lastEvent(range) } else { passEvent(range, to: &output) }
                // What was noted of a large event is many times what most need.
                if range.count > ServerSentEventReader.keptCapacity { data = EventData() }
            }
        }
        reader.shrink()
        return output
    }

    private mutating func passEvent(_ range: Range<Int>, to output: inout [UInt8]) {
        let isObject = data.read(reader.data, in: reader.bytes)
        let change = change(isObject: isObject, range)
        if !change.before.isEmpty { output += change.before }
        append(range, change.edits, to: &output)
    }

    /// An event that lacks its end, after which nothing of ours can follow: where it leaves white space to hold, it goes
    /// as it came, and what was held comes before it (EXC-46).
    private mutating func lastEvent(_ range: Range<Int>) -> [UInt8] {
        var earlier = self
        var output: [UInt8] = []
        passEvent(range, to: &output)
        return release().isEmpty ? output : earlier.release() + reader.bytes[range]
    }

    private mutating func change(isObject: Bool, _ range: Range<Int>) -> StreamChange {
        if data.isDone {
            return StreamChange(before: chat?.end(reader.lineEnding) ?? [])
        }
        guard isObject else { return StreamChange() }
        let text = data.text(in: reader.bytes)
        if let change = chat?.read(data.tape, text, reader.lineEnding) { return change }
        if let change = messages?.read(data.tape, text, reader.lineEnding) { return change }
        let isNamed = reader.bytes[range].starts(with: "event:".utf8)
        return responses?.read(data.tape, text, reader.lineEnding, isNamed: isNamed) ?? StreamChange()
    }

    private func append(_ range: Range<Int>, _ edits: [ByteEdit], to output: inout [UInt8]) {
        let bytes = reader.bytes.span
        var position = range.lowerBound
        for edit in edits {
            let place = data.place(edit.range)
            output.append(bytes, position..<place.lowerBound)
            output += edit.replacement
            position = place.upperBound
        }
        output.append(bytes, position..<range.upperBound)
    }
}

/// What becomes of one event of a stream.
struct StreamChange {
    /// Whole events to send before it.
    var before: [UInt8] = []
    /// Changes inside its data, in order.
    var edits: [ByteEdit] = []

    /// Puts a piece behind a range, which may have been replaced already.
    mutating func append(_ piece: [UInt8], behind range: Range<Int>) {
        if piece.isEmpty { return }
        if let place = edits.lastIndex(where: { $0.range == range }) {
            edits[place].replacement += piece
        } else {
            let place = edits.firstIndex { $0.range.lowerBound >= range.upperBound } ?? edits.endIndex
            edits.insert(ByteEdit(range.upperBound..<range.upperBound, with: piece), at: place)
        }
    }
}

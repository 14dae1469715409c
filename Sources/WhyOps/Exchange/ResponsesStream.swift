/// The events of a streamed Responses reply.
struct ResponsesStream: Sendable {
    var capture = ReplyCapture()
    private let frame: [UInt8]?
    private let policy: SignaturePolicy
    /// Whether a response object has said that the reply must not carry a frame (EXC-27, EXC-68).
    private var isConstrained = false
    /// Whether the first text, the only one that may carry a frame (EXC-20), is still to come.
    private var isAwaiting = true
    /// The first text while it comes.
    private var open: OpenText?
    /// The first text once it has got its frame.
    private var signed: SignedText?
    /// How many events of ours have gone, by which later numbers move on (EXC-42).
    private var added = 0
    private var lastNumber: Int?
    /// The bytes that a later copy of everything repeats (EXC-43).
    private var repeatedBytes = 0

    /// The most that may be repeated where there is a frame: below the largest event, with room for later items.
    private static let maximumRepeatedBytes = 3 * 1024 * 1024

    init(frame: [UInt8]?, policy: SignaturePolicy) {
        self.frame = frame
        self.policy = policy
    }

    /// - Parameter isNamed: whether the event begins with its `event` line.
    mutating func read(
        _ tape: JSONTape,
        _ text: [UInt8],
        _ ending: ServerSentEventReader.LineEnding,
        isNamed: Bool
    ) -> StreamChange {
        let event = ResponsesEvent(tape, text.span)
        readCapture(event, tape, text.span)
        guard frame != nil else { return StreamChange() }
        if signed == nil, let response = event.response, SignatureConstraint.constrains(response, tape, text.span) {
            isConstrained = true
        }
        if event.kind == .created || event.kind == .itemDone { repeatedBytes += tape.range(tape.root).count }
        var change = passText(event, tape, text.span, ending, isNamed: isNamed)
        passCopies(event, tape, text.span, &change)
        passNumber(tape, text.span, &change)
        return change
    }

    /// Gives back white space that is still held at the end of the stream (EXC-35, EXC-36).
    mutating func finish(_ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        guard var text = open else { return [] }
        open = nil
        return text.head.delta(
            text.held.end(frame: []),
            number: lastNumber.map { $0.addingReportingOverflow(1 + added).partialValue },
            ending
        )
    }

    // MARK: The text

    /// Sends the first text on, and ends it with a delta of ours.
    private mutating func passText(
        _ event: ResponsesEvent,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ ending: ServerSentEventReader.LineEnding,
        isNamed: Bool
    ) -> StreamChange {
        switch event.kind {
        case .partAdded where isAwaiting:
            // EXC-43
            if let text = event.text(tape, bytes), !tape.contentRange(text).isEmpty { isAwaiting = false }
        case .textDelta:
            if isAwaiting {
                isAwaiting = false
                // EXC-68
                if isConstrained { break }
                let head = ResponsesDeltaHead(tape, bytes, isNamed: isNamed)
                open = OpenText(place: event.place, head: head, held: HeldText(policy: policy))
            }
            if open?.place == event.place { return StreamChange(edits: passDelta(event, tape, bytes)) }
        case .textDone:
            // A first text without a delta is empty, and no later one takes its place (EXC-20).
            if let text = event.text(tape, bytes), tape.kind(text) == .string { isAwaiting = false }
            if open?.place == event.place { return StreamChange(before: end(event, tape, bytes, ending)) }
        case .partDone:
            if event.text(tape, bytes) != nil { isAwaiting = false }
            if open?.place == event.place { return StreamChange(before: release(tape, bytes, ending)) }
        case .itemDone:
            if open?.place.output == event.place.output { return StreamChange(before: release(tape, bytes, ending)) }
        case .final:
            // EXC-63
            isAwaiting = false
            return StreamChange(before: release(tape, bytes, ending))
        default: break
        }
        return StreamChange()
    }

    private mutating func passDelta(_ event: ResponsesEvent, _ tape: JSONTape, _ bytes: Span<UInt8>) -> [ByteEdit] {
        guard let delta = event.delta, tape.kind(delta) == .string else { return [] }
        let range = tape.contentRange(delta)
        if range.isEmpty { return [] }
        repeatedBytes += range.count
        // Beyond that it gains no frame (EXC-43), and nobody needs to know its copies.
        if repeatedBytes <= Self.maximumRepeatedBytes { open?.copy.append(bytes, range) }
        return open?.held.pass(bytes, range).map { [ByteEdit(range, with: $0)] } ?? []
    }

    /// The frame, where the text may carry one and the copies can follow, and the white space that was held.
    private mutating func end(
        _ event: ResponsesEvent,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ ending: ServerSentEventReader.LineEnding
    ) -> [UInt8] {
        guard let frame, !isConstrained, let text = open, text.held.carries, repeatedBytes <= Self.maximumRepeatedBytes
        else {
            return release(tape, bytes, ending)
        }
        let copy = text.copy.ending(before: text.held.heldCount)
        guard let done = event.text(tape, bytes), tape.kind(done) == .string,
            copy.place(in: bytes, tape.contentRange(done)) != nil
        else { return release(tape, bytes, ending) }
        capture.signatures += 1
        signed = SignedText(place: text.place, copy: copy, frame: frame)
        return release(tape, bytes, ending, frame: frame)
    }

    /// A delta of ours with what was held, before an event whose number it takes.
    private mutating func release(
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ ending: ServerSentEventReader.LineEnding,
        frame: [UInt8] = []
    ) -> [UInt8] {
        guard var text = open else { return [] }
        open = nil
        let piece = text.held.end(frame: frame)
        if piece.isEmpty { return [] }
        let number = tape.member("sequence_number", of: tape.root, in: bytes).flatMap { tape.integer($0, in: bytes) }
        defer { added += 1 }
        return text.head.delta(piece, number: number.map { $0.addingReportingOverflow(added).partialValue }, ending)
    }

    // MARK: What follows from it

    /// EXC-41.
    private func passCopies(
        _ event: ResponsesEvent,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ change: inout StreamChange
    ) {
        guard let signed, let text = event.copy(at: signed.place, tape, bytes),
            tape.kind(text) == .string, let place = signed.copy.place(in: bytes, tape.contentRange(text))
        else { return }
        change.edits.append(ByteEdit(place..<place, with: signed.frame))
    }

    /// EXC-42.
    private mutating func passNumber(_ tape: JSONTape, _ bytes: Span<UInt8>, _ change: inout StreamChange) {
        guard let member = tape.member("sequence_number", of: tape.root, in: bytes),
            let number = tape.integer(member, in: bytes)
        else { return }
        lastNumber = number
        // A number that cannot be counted on stays as it came.
        guard added > 0, case let (moved, overflowed) = number.addingReportingOverflow(added), !overflowed else {
            return
        }
        change.edits.append(ByteEdit(tape.range(member), with: Array(String(moved).utf8)))
        change.edits.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    // MARK: Capture

    private mutating func readCapture(_ event: ResponsesEvent, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        switch event.kind {
        case .created, .other:
            if let response = event.response {
                capture.readResponseHead(response, tape, bytes)
            } else if capture.admits(tape.range(tape.root).count) {
                capture.readPiece(tape.root, tape, bytes)
            }
        case .textDelta:
            if capture.admits(tape.range(tape.root).count) { capture.readPiece(tape.root, tape, bytes) }
        case .itemAdded:
            if let item = event.item { capture.startItem(item, event.place.output, tape, bytes) }
        case .itemDone:
            if let item = event.item { capture.endItem(item, event.place.output, tape, bytes) }
        case .final:
            if let response = event.response {
                capture.readResponse(response, tape, bytes)
                capture.isEnded = true
            } else {
                // An event without a type has its error inside (EXC-85).
                let isTyped = tape.member("type", of: tape.root, in: bytes) != nil
                let error = isTyped ? nil : tape.member("error", of: tape.root, in: bytes)
                capture.error = tape.slice(error ?? tape.root, in: bytes)
            }
        case .partAdded, .textDone, .partDone: break
        }
    }
}

/// A text that is still coming.
private struct OpenText: Sendable {
    var place: ResponsesEvent.Place
    var head: ResponsesDeltaHead
    var held: HeldText
    var copy = TextCopy()
}

/// A text that has got a frame, which its later copies get too.
private struct SignedText: Sendable {
    var place: ResponsesEvent.Place
    var copy: TextCopy
    var frame: [UInt8]
}

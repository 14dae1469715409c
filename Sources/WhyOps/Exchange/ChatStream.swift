/// The events of a streamed chat completion.
struct ChatStream: Sendable {
    /// One choice whose text is still coming.
    private struct OpenChoice: Sendable {
        var index: Int
        var text: HeldText
        var isFinished = false
        /// The last event that had text of the choice, and where that text stands in it.
        var lastText: (event: Int, range: Range<Int>)?
    }

    var capture = ReplyCapture()
    private let frame: [UInt8]?
    private let policy: SignaturePolicy
    private var open: [OpenChoice] = []
    /// The head of the last chunk, which a chunk of ours repeats (EXC-32).
    private var head: [UInt8] = []
    /// The number of events read.
    private var event = 0
    /// Whether the stream has come to its end or an error, after which no text gains anything (EXC-63).
    private var isOver = false

    init(frame: [UInt8]?, policy: SignaturePolicy) {
        self.frame = frame
        self.policy = policy
    }

    mutating func read(_ tape: JSONTape, _ text: [UInt8], _ ending: ServerSentEventReader.LineEnding) -> StreamChange {
        let bytes = text.span
        var change = StreamChange()
        event += 1
        capture.readChatHead(tape, bytes)
        if capture.error != nil, !isOver { change.before = stop(ending) }
        // EXC-24
        guard let choices = tape.member("choices", of: tape.root, in: bytes), tape.kind(choices) == .array else {
            return change
        }
        var hasChoice = false
        for choice in tape.children(choices) where tape.kind(choice) == .object {
            hasChoice = true
            let index = tape.member("index", of: choice, in: bytes).flatMap { tape.integer($0, in: bytes) } ?? 0
            let delta = tape.member("delta", of: choice, in: bytes)
            if let delta { capture.noteToolCalls(delta, tape, bytes) }
            // EXC-48
            guard capture.admits(choice: index) else { continue }
            readCapture(choice, delta, index, tape, bytes)
            guard let frame, !isOver else { continue }
            let isLast = capture.finishReason(of: choice, tape, bytes) != nil
            let content = delta.flatMap { tape.member("content", of: $0, in: bytes) }.flatMap {
                tape.kind($0) == .string && !tape.contentRange($0).isEmpty ? $0 : nil
            }
            pass(content, index, isLast: isLast, frame, tape, bytes, ending, &change)
        }
        // What is held may have to come in a chunk of ours after this one has gone.
        if hasChoice, open.contains(where: { !$0.text.held.isEmpty }) { readHead(tape, bytes) }
        return change
    }

    /// Ends the text of an open choice with the frame, where it may carry one.
    private mutating func end(_ place: Int, _ frame: [UInt8]) -> [UInt8] {
        if open[place].text.carries { capture.signatures += 1 }
        return open[place].text.end(frame: frame)
    }

    /// Sends a piece of text on, and ends the choice's text with its finish chunk.
    private mutating func pass(
        _ content: JSONTape.Index?,
        _ index: Int,
        isLast: Bool,
        _ frame: [UInt8],
        _ tape: JSONTape,
        _ bytes: Span<UInt8>,
        _ ending: ServerSentEventReader.LineEnding,
        _ change: inout StreamChange
    ) {
        let place: Int
        if let known = open.firstIndex(where: { $0.index == index }) {
            place = known
        } else {
            open.append(OpenChoice(index: index, text: HeldText(policy: policy)))
            place = open.endIndex - 1
        }
        guard !open[place].isFinished else { return }
        if let content {
            let range = tape.contentRange(content)
            let passage = open[place].text.pass(bytes, range)
            open[place].lastText = (event, range)
            if isLast {
                // EXC-32: the finish chunk has text itself, so the frame goes into that text.
                let tail = end(place, frame)
                let replacement = (passage ?? bytes.copy(range)) + tail
                if passage != nil || !tail.isEmpty { change.edits.append(ByteEdit(range, with: replacement)) }
            } else if let replacement = passage {
                change.edits.append(ByteEdit(range, with: replacement))
            }
        } else if isLast, let text = open[place].lastText, text.event == event {
            // The choice has text earlier in the same event, and a chunk before that would come too early.
            change.append(end(place, frame), behind: text.range)
        } else if isLast {
            readHead(tape, bytes)
            change.before += chunk(index, end(place, frame), ending)
        }
        if isLast { open[place].isFinished = true }
    }

    /// The stream has come to `[DONE]`.
    mutating func end(_ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        capture.isEnded = true
        return stop(ending)
    }

    /// Ends every text that is open, and lets none begin (EXC-63).
    private mutating func stop(_ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        isOver = true
        return release(ending)
    }

    /// Gives back white space that is still held (EXC-35, EXC-36).
    mutating func release(_ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        var output: [UInt8] = []
        for place in open.indices where !open[place].isFinished {
            output += chunk(open[place].index, open[place].text.end(frame: []), ending)
            open[place].isFinished = true
        }
        return output
    }

    /// A chunk of ours with a piece of text, given as the inside of a JSON string.
    private func chunk(_ index: Int, _ piece: [UInt8], _ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        if piece.isEmpty { return [] }
        var event = [UInt8]("data: {".utf8)
        event += head
        event += "\"choices\":[{\"index\":\(index),\"delta\":{\"content\":\"".utf8
        event += piece
        event += "\"},\"finish_reason\":null}]}".utf8
        event += ending.bytes
        event += ending.bytes
        return event
    }

    private mutating func readHead(_ tape: JSONTape, _ bytes: Span<UInt8>) {
        head.removeAll(keepingCapacity: true)
        for (name, value) in tape.members(tape.root) {
            let isHead =
                tape.isString(name, "id", in: bytes) || tape.isString(name, "object", in: bytes)
                || tape.isString(name, "created", in: bytes) || tape.isString(name, "model", in: bytes)
            // A value over several lines would break the one line of a chunk of ours, and these are never containers.
            guard isHead, tape.kind(value) != .object, tape.kind(value) != .array else { continue }
            head += bytes.copy(tape.range(name))
            head.append(UInt8(ascii: ":"))
            head += bytes.copy(tape.range(value))
            head.append(UInt8(ascii: ","))
        }
    }

    // MARK: Capture

    private mutating func readCapture(
        _ choice: JSONTape.Index,
        _ delta: JSONTape.Index?,
        _ index: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        let place = capture.choice(index)
        tape.take(capture.finishReason(of: choice, tape, bytes), in: bytes, into: &capture.choices[place].finishReason)
        if let delta, capture.admits(tape.range(delta).count) {
            capture.readChatMessage(delta, into: place, tape, bytes)
        }
    }
}

extension ReplyCapture {
    /// The members that a chat completion and its chunks have in common.
    mutating func readChatHead(_ tape: JSONTape, _ bytes: Span<UInt8>) {
        let root = tape.root
        // EXC-88
        func named(_ name: StaticString) -> JSONTape.Index? {
            tape.member(name, of: root, in: bytes).flatMap {
                tape.kind($0) == .string && !tape.contentRange($0).isEmpty ? $0 : nil
            }
        }
        tape.take(named("id"), in: bytes, into: &id)
        tape.take(named("model"), in: bytes, into: &model)
        if let usage = tape.member("usage", of: root, in: bytes) { self.usage.readChat(usage, tape, bytes) }
        if let error = tape.member("error", of: root, in: bytes), tape.kind(error) != .null {
            self.error = tape.slice(error, in: bytes)
        }
    }

    /// Why a choice or a chunk of it has ended; `nil` where it has not, which some servers say by an empty text (EXC-96).
    func finishReason(of choice: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) -> JSONTape.Index? {
        tape.member("finish_reason", of: choice, in: bytes).flatMap {
            tape.kind($0) == .null || tape.kind($0) == .string && tape.contentRange($0).isEmpty ? nil : $0
        }
    }

    /// The ids of a message's tool calls or of one delta of it, whether they are kept or not (EXC-61).
    mutating func noteToolCalls(_ message: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let calls = tape.member("tool_calls", of: message, in: bytes), tape.kind(calls) == .array else { return }
        for call in tape.children(calls) {
            if let id = tape.member("id", of: call, in: bytes) { noteEcho(.toolCall, tape.utf8(id, in: bytes)) }
        }
    }

    /// A message of a chat completion, or one delta of it.
    mutating func readChatMessage(
        _ message: JSONTape.Index,
        into place: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        func text(_ name: StaticString, of object: JSONTape.Index) -> [UInt8]? {
            tape.member(name, of: object, in: bytes).flatMap { tape.utf8($0, in: bytes) }
        }
        func object(_ name: StaticString, of parent: JSONTape.Index) -> JSONTape.Index? {
            tape.member(name, of: parent, in: bytes).flatMap { tape.kind($0) == .object ? $0 : nil }
        }
        let content = tape.member("content", of: message, in: bytes)
        choices[place].append(text: content, tape, bytes)
        if let content, tape.kind(content) == .array {
            // EXC-89
            for part in tape.children(content) {
                guard let type = tape.member("type", of: part, in: bytes), tape.isString(type, "text", in: bytes) else {
                    continue
                }
                choices[place].append(text: tape.member("text", of: part, in: bytes), tape, bytes)
            }
        }
        readThoughts(message, content: content, of: choices[place].index, tape, bytes)
        choices[place].append(refusal: tape.member("refusal", of: message, in: bytes), tape, bytes)
        if let annotations = tape.member("annotations", of: message, in: bytes), tape.kind(annotations) == .array {
            choices[place].annotations += tape.children(annotations).map { tape.slice($0, in: bytes) }
        }
        if let calls = tape.member("tool_calls", of: message, in: bytes), tape.kind(calls) == .array {
            let isAlone = tape.next(calls) > calls + 1 && tape.next(calls + 1) == tape.next(calls)
            for (number, call) in tape.children(calls).enumerated() {
                let id = text("id", of: call).flatMap { $0.isEmpty ? nil : $0 }
                // EXC-97
                let function = object("function", of: call) ?? object("custom", of: call)
                let name = function.flatMap { text("name", of: $0) }
                let index = tape.member("index", of: call, in: bytes).flatMap { tape.integer($0, in: bytes) }
                let known = choices[place].toolCall(
                    at: index,
                    number: isAlone ? nil : number,
                    id: id,
                    isNamed: name?.isEmpty == false
                )
                guard known != nil || admitsToolCall(of: place) else { continue }
                let position = known ?? choices[place].startToolCall(index, number: number)
                choices[place].latestToolCall = position
                if let id { choices[place].toolCalls[position].id = id }
                if let type = text("type", of: call) { choices[place].toolCalls[position].type = type }
                guard let function else { continue }
                if let name { choices[place].toolCalls[position].name += name }
                let piece = text("arguments", of: function) ?? text("input", of: function)
                if let piece { choices[place].toolCalls[position].arguments += piece }
            }
        }
        // The form before tool calls; where there are some it is a call of its own behind them.
        if let function = object("function_call", of: message) {
            let position = choices[place].toolCall(.max)
            if let name = text("name", of: function) { choices[place].toolCalls[position].name += name }
            if let piece = text("arguments", of: function) { choices[place].toolCalls[position].arguments += piece }
        }
    }
}

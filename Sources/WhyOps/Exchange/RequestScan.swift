/// Everything that has to be cut out of a JSON body, and the ids that were found on the way.
struct RequestScan {
    /// The cuts, in order and apart.
    private(set) var edits: [ByteEdit] = []
    /// The ids of version 1 signatures, by the place of the string that held them.
    private(set) var signatures: [JSONTape.Index: TraceID] = [:]
    /// The ids of version 2 signatures that verify, by the place of the string that held them.
    private(set) var verified: [JSONTape.Index: TraceID] = [:]
    /// The ids of `_whyops_trace_id`, by the place of the arguments that held them.
    private(set) var toolArguments: [JSONTape.Index: TraceID] = [:]

    /// How many frames are cut out.
    private(set) var frames = FrameCounts()

    private var cuts: [Range<Int>] = []
    private let keys: SigningKeys?

    /// Reads every string value of a body (EXC-1, EXC-2).
    ///
    /// - Complexity: O(n).
    init(_ document: JSONDocument, keys: SigningKeys? = nil) {
        self.keys = keys
        read(document.tape, document.bytes.span)
        mergeCuts()
    }

    private mutating func read(_ tape: JSONTape, _ bytes: Span<UInt8>) {
        var position = tape.root
        while position < tape.count {
            switch tape.kind(position) {
            case .object:
                let members = CallMembers(position, tape, bytes)
                if let type = members.type, Self.isThinking(type, tape, bytes) {
                    position = tape.next(position)
                    continue
                }
                readToolArguments(position, members, tape, bytes)
            case .string where tape.mayHoldFrame(position) && !tape.isName(position):
                let content = tape.contentRange(position)
                if let reading = InvisibleSignature.read(bytes, in: content, escapes: true, keys: keys) {
                    cuts += reading.frames
                    frames.add(reading.counts)
                    signatures[position] = reading.traceID
                    verified[position] = reading.verified
                }
            default: break
            }
            position += 1
        }
    }

    /// The members of an object that say what it is, found in one go.
    private struct CallMembers {
        var type: JSONTape.Index?
        var toolCalls: JSONTape.Index?
        var functionCall: JSONTape.Index?

        init(_ object: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
            var name = object + 1
            let end = tape.next(object)
            while name < end {
                if tape.isString(name, "type", in: bytes) {
                    type = name + 1
                } else if tape.isString(name, "tool_calls", in: bytes) {
                    toolCalls = name + 1
                } else if tape.isString(name, "function_call", in: bytes) {
                    functionCall = name + 1
                }
                name = tape.next(name + 1)
            }
        }
    }

    private static func isThinking(_ type: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) -> Bool {
        tape.isString(type, "thinking", in: bytes) || tape.isString(type, "redacted_thinking", in: bytes)
            || tape.isString(type, "reasoning", in: bytes)
    }

    /// The calls that an object holds or is: `tool_calls` and `function_call` of a message, an item of type
    /// `function_call` (OpenAI), a block of type `tool_use` (Anthropic).
    private mutating func readToolArguments(
        _ object: JSONTape.Index,
        _ members: CallMembers,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        if let calls = members.toolCalls, tape.kind(calls) == .array {
            for call in tape.children(calls) {
                if let function = tape.member("function", of: call, in: bytes) {
                    remove("arguments", of: function, tape, bytes)
                }
            }
        }
        if let call = members.functionCall { remove("arguments", of: call, tape, bytes) }
        guard let type = members.type else { return }
        if tape.isString(type, "function_call", in: bytes) { remove("arguments", of: object, tape, bytes) }
        if tape.isString(type, "tool_use", in: bytes) { remove("input", of: object, tape, bytes) }
    }

    private mutating func remove(
        _ name: StaticString,
        of call: JSONTape.Index,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        guard let arguments = tape.member(name, of: call, in: bytes) else { return }
        let removal =
            switch tape.kind(arguments) {
            case .object: ToolArgumentRemoval(object: arguments, tape: tape, bytes: bytes, keys: keys)
            case .string: ToolArgumentRemoval(text: arguments, tape: tape, bytes: bytes, keys: keys)
            default: ToolArgumentRemoval()
            }
        cuts += removal.cuts
        toolArguments[arguments] = removal.traceID
    }

    /// A member that goes may hold a frame that goes too, so cuts may overlap.
    private mutating func mergeCuts() {
        guard !cuts.isEmpty else { return }
        cuts.sort { $0.lowerBound < $1.lowerBound }
        var merged: [Range<Int>] = []
        for cut in cuts {
            if let last = merged.last, cut.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, cut.upperBound)
            } else {
                merged.append(cut)
            }
        }
        edits = merged.map { ByteEdit($0) }
        cuts = []
    }
}

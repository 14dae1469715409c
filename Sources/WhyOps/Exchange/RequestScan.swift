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

    private var cuts: [Range<Int>] = []
    private let keys: SigningKeys?

    /// Reads every string value of a body (EXC-1, EXC-2).
    ///
    /// - Complexity: O(n).
    init(_ document: JSONDocument, keys: SigningKeys? = nil) {
        self.keys = keys
        let tape = document.tape
        let bytes = document.bytes.span
        var position = tape.root
        while position < tape.count {
            switch tape.kind(position) {
            case .object:
                if Self.isThinking(position, document) {
                    position = tape.next(position)
                    continue
                }
                readToolArguments(position, document)
            case .string where tape.mayHoldFrame(position) && !tape.isName(position):
                let content = tape.contentRange(position)
                if let reading = InvisibleSignature.read(bytes, in: content, escapes: true, keys: keys) {
                    cuts += reading.frames
                    signatures[position] = reading.traceID
                    verified[position] = reading.verified
                }
            default: break
            }
            position += 1
        }
        mergeCuts()
    }

    private static func isThinking(_ object: JSONTape.Index, _ document: JSONDocument) -> Bool {
        let bytes = document.bytes.span
        guard let type = document.tape.member("type", of: object, in: bytes) else { return false }
        return document.tape.isString(type, "thinking", in: bytes)
            || document.tape.isString(type, "redacted_thinking", in: bytes)
            || document.tape.isString(type, "reasoning", in: bytes)
    }

    /// The calls that an object holds or is: `tool_calls` and `function_call` of a message, an item of type
    /// `function_call` (OpenAI), a block of type `tool_use` (Anthropic).
    private mutating func readToolArguments(_ object: JSONTape.Index, _ document: JSONDocument) {
        let tape = document.tape
        let bytes = document.bytes.span
        if let calls = tape.member("tool_calls", of: object, in: bytes), tape.kind(calls) == .array {
            for call in tape.children(calls) {
                remove("arguments", of: tape.member("function", of: call, in: bytes) ?? call, document)
            }
        }
        if let call = tape.member("function_call", of: object, in: bytes) { remove("arguments", of: call, document) }
        guard let type = tape.member("type", of: object, in: bytes) else { return }
        if tape.isString(type, "function_call", in: bytes) { remove("arguments", of: object, document) }
        if tape.isString(type, "tool_use", in: bytes) { remove("input", of: object, document) }
    }

    private mutating func remove(_ name: StaticString, of call: JSONTape.Index, _ document: JSONDocument) {
        let tape = document.tape
        let bytes = document.bytes.span
        guard let arguments = tape.member(name, of: call, in: bytes) else { return }
        let removal =
            switch tape.kind(arguments) {
            case .object: ToolArgumentRemoval(object: arguments, tape: tape, bytes: bytes)
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

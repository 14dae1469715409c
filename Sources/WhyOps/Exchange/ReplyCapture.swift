/// What a reply said, collected while it passes: the same for a stream as for a whole reply (EXC-51).
public struct ReplyCapture: Sendable {
    /// A tool call of a reply.
    public struct ToolCall: Sendable, Hashable {
        var index: Int
        var id: [UInt8]?
        var type: [UInt8]?
        var name: [UInt8] = []
        var arguments: [UInt8] = []
        /// Whether the arguments come in pieces.
        var isStreamed = false
    }

    /// One choice; an Anthropic and a Responses reply is a single one.
    public struct Choice: Sendable, Hashable {
        var index: Int
        /// `nil` where the reply has no text, which is not the same as an empty one.
        var text: [UInt8]?
        var refusal: [UInt8]?
        var toolCalls: [ToolCall] = []
        /// The place of the call that the last delta of one was of.
        var latestToolCall: Int?
        var finishReason: [UInt8]?
        /// Annotations and citations as JSON values.
        var annotations: [[UInt8]] = []

        /// The text, but for an empty one beside a refusal or tool calls: streams send that where whole replies have
        /// none (EXC-73).
        var said: [UInt8]? {
            let isFiller = text?.isEmpty == true && (hasRefused || !toolCalls.isEmpty)
            return isFiller ? nil : text
        }

        var hasRefused: Bool { refusal?.isEmpty == false }
    }

    /// A thinking block.
    public struct Thinking: Sendable, Hashable {
        var isRedacted = false
        /// Of the block or the item; of the choice in a chat completion.
        var index: Int
        /// Where its text stood in a chat completion.
        var source: ThoughtSource?
        /// Which of its texts comes, where they come in parts.
        var part = 0
        var text: [UInt8] = []
        /// The provider's signature, or the data of a redacted block.
        var seal: [UInt8] = []
    }

    /// The choices in order of their index.
    public internal(set) var choices: [Choice] = []
    /// The thinking blocks in order.
    public internal(set) var thinking: [Thinking] = []
    /// The upstream's id of the reply.
    public internal(set) var id: [UInt8]?
    /// The model that the upstream names.
    public internal(set) var model: [UInt8]?
    /// Token counts.
    public internal(set) var usage = TokenUsage()
    /// The error that a stream ended with, as JSON text.
    public internal(set) var error: [UInt8]?
    /// Whether it ended with one.
    var hasError: Bool { error != nil }
    /// Whether everything was captured; not so after an event that was too large (EXC-38).
    public internal(set) var isComplete = true
    /// What the reply is in, where that could not be read.
    private(set) var unreadEncoding: String?
    /// Whether the reply came to its own end.
    public internal(set) var isEnded = false
    /// How many frames the reply has gained; a stream's later copies of a text do not count.
    package internal(set) var signatures = 0
    /// The ids in it that clients echo, since the last call of `takeEchoes`.
    private var echoes: [EchoID] = []
    /// The ids in it that were noted lately: a stream names an item several times.
    private var noted: Set<EchoID> = []
    /// The ends of the seals of thinking blocks that are still coming, as much as names them (EXC-61).
    private var openSeals: [OpenSeal] = []

    private struct OpenSeal: Sendable {
        var index: Int
        var tail: [UInt8]
    }

    /// The most ids that are remembered as noted, and the most bytes of a seal that are kept to name it (EXC-61).
    static let maximumNoted = 4096
    private static let maximumSealTail = 256

    /// The most bytes of a stream's events whose content is kept (EXC-39).
    static let maximumStreamBytes = 32 * 1024 * 1024

    /// The most choices, tool calls of one choice, and thinking blocks that are kept (EXC-48).
    static let maximumParts = 1024

    /// How many bytes a stream has brought in deltas, and in blocks and items of one event.
    var streamBytes = 0
    var itemBytes = 0
    /// How many of them were kept, and how many may be (PRX-210).
    var keptBytes = 0
    var room = Int.max

    /// Whether a choice is known or has a place left.
    mutating func admits(choice index: Int) -> Bool {
        if choices.count < Self.maximumParts || choices.contains(where: { $0.index == index }) { return true }
        isComplete = false
        return false
    }

    /// Whether a tool call of a choice is known or has a place left.
    mutating func admits(toolCall index: Int, of place: Int) -> Bool {
        choices[place].toolCalls.contains { $0.index == index } || admitsToolCall(of: place)
    }

    /// Whether one more tool call of a choice has a place left.
    mutating func admitsToolCall(of place: Int) -> Bool {
        if choices[place].toolCalls.count < Self.maximumParts { return true }
        isComplete = false
        return false
    }

    /// Whether one more thinking block has a place left.
    mutating func admitsThinking() -> Bool {
        if thinking.count < Self.maximumParts { return true }
        isComplete = false
        return false
    }

    /// Whether anything that a model makes has come: text, a refusal, a tool call or thinking.
    var hasSpoken: Bool {
        !thinking.isEmpty
            || choices.contains { choice in
                choice.text?.isEmpty == false || choice.hasRefused || !choice.toolCalls.isEmpty
            }
    }

    /// Nothing has been said yet.
    public init() {}

    /// Says that not everything was captured.
    ///
    /// - Parameter encoding: what it is in that could not be read (PRX-204).
    package mutating func markIncomplete(encoding: String? = nil) {
        isComplete = false
        unreadEncoding = encoding
    }

    mutating func noteEcho(_ kind: EchoID.Kind, _ text: [UInt8]?) {
        guard let text, let echo = EchoID(kind, String(decoding: text, as: UTF8.self)), !noted.contains(echo) else {
            return
        }
        // To note an id twice does no harm, to forget one does.
        if noted.count >= Self.maximumNoted { noted.removeAll(keepingCapacity: true) }
        noted.insert(echo)
        echoes.append(echo)
    }

    /// How many ids are remembered as noted.
    var rememberedEchoes: Int { noted.count }

    /// A thinking block starts, with the seal or the beginning of it.
    mutating func startSeal(_ index: Int, _ piece: [UInt8]) {
        openSeals.removeAll { $0.index == index }
        if openSeals.count >= Self.maximumParts { openSeals.removeFirst() }
        openSeals.append(OpenSeal(index: index, tail: Array(piece.suffix(Self.maximumSealTail))))
    }

    /// A block's seal goes on.
    mutating func continueSeal(_ index: Int, _ piece: [UInt8]) {
        guard let place = openSeals.firstIndex(where: { $0.index == index }) else { return }
        openSeals[place].tail = Array((openSeals[place].tail + piece).suffix(Self.maximumSealTail))
    }

    /// A block has come to its end, so its seal is whole and clients will echo it.
    mutating func endSeal(_ index: Int) {
        guard let place = openSeals.firstIndex(where: { $0.index == index }) else { return }
        noteEcho(.thinking, openSeals.remove(at: place).tail)
    }

    /// Whether a stream that ends now was not cut off (EXC-60): how much of it was captured does not matter.
    public var isFinished: Bool {
        isEnded || !choices.isEmpty && choices.allSatisfy { $0.finishReason != nil }
    }

    /// The ids that have to be known before the bytes that carry them are released (TRC-6).
    mutating func takeEchoes() -> [EchoID] {
        defer { echoes = [] }
        return echoes
    }

    /// The place of a choice in `choices`.
    mutating func choice(_ index: Int) -> Int {
        if let place = choices.firstIndex(where: { $0.index == index }) { return place }
        let place = choices.firstIndex { $0.index > index } ?? choices.endIndex
        choices.insert(Choice(index: index), at: place)
        return place
    }
}

extension ReplyCapture.Choice {
    /// The place of a tool call in `toolCalls`.
    mutating func toolCall(_ index: Int) -> Int {
        toolCalls.firstIndex { $0.index == index } ?? startToolCall(index)
    }

    /// Puts a tool call behind those of the same index and of lower ones, and gives its place.
    private mutating func startToolCall(_ index: Int) -> Int {
        let place = toolCalls.firstIndex { $0.index > index } ?? toolCalls.endIndex
        toolCalls.insert(ReplyCapture.ToolCall(index: index), at: place)
        return place
    }

    /// The place of the call that a delta goes on with; `nil` where it starts one (EXC-87, EXC-95).
    ///
    /// - Parameters:
    ///   - index: `nil` where the server numbers no calls.
    ///   - number: the place in its delta; `nil` where it is there alone.
    func toolCall(at index: Int?, number: Int?, id: [UInt8]?, isNamed: Bool) -> Int? {
        let same = id.flatMap { id in toolCalls.firstIndex { $0.id == id } }
        guard let index else {
            if same != nil || isNamed { return same }
            let place = number.map { number in toolCalls.lastIndex { $0.index == number } } ?? latestToolCall
            // An id of its own is that of another call.
            return place.flatMap { id == nil || toolCalls[$0].id == nil ? $0 : nil }
        }
        guard let place = toolCalls.lastIndex(where: { $0.index == index }) else { return nil }
        guard let id, let other = toolCalls[place].id, id != other else { return place }
        return same ?? (isNamed ? nil : place)
    }

    /// Starts a call of a chat completion; one without an index comes behind all others.
    mutating func startToolCall(_ index: Int?, number: Int) -> Int {
        if let index { return startToolCall(index) }
        guard let last = toolCalls.last?.index, last < .max else { return startToolCall(number) }
        return startToolCall(max(number, last + 1))
    }

    mutating func append(text piece: [UInt8]) {
        if text == nil { text = [] }
        text?.append(contentsOf: piece)
    }

    /// Appends the text of a string; nothing for anything else.
    mutating func append(text piece: JSONTape.Index?, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let piece, tape.kind(piece) == .string else { return }
        // Taken out while it grows, so that its storage has one owner and is not copied.
        var whole = text ?? []
        text = nil
        tape.appendText(of: piece, in: bytes, to: &whole)
        text = whole
    }

    /// Appends the text of a refusal; nothing for anything but a string.
    mutating func append(refusal piece: JSONTape.Index?, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let piece, let piece = tape.utf8(piece, in: bytes) else { return }
        append(refusal: piece)
    }

    mutating func append(refusal piece: [UInt8]) {
        if refusal == nil { refusal = [] }
        refusal?.append(contentsOf: piece)
    }
}

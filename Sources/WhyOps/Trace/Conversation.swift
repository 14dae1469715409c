/// What was said in a history, as digests that survive what clients do to texts (TRC-34 to TRC-37).
public struct Conversation: Sendable {
    /// The conversation up to and with a text of the assistant.
    public struct Prefix: Sendable {
        /// All that was said so far.
        fileprivate let whole: SHA256
        /// What the assistant said since the user spoke last, as far as it is kept.
        let answer: [UInt8]
        /// Whether the assistant has said enough to be told from others (TRC-38).
        let isDistinct: Bool

        /// The SHA-256 of all that was said so far (TRC-37).
        var digest: [8 of UInt32] { whole.finishWords() }
    }

    fileprivate enum Side: UInt8 {
        case user = 1
        case assistant = 2
    }

    /// What both sides said before the open group.
    private var closed = SHA256()
    private var side: Side?
    private var open = VisibleText()
    private var isDistinct = false
    /// The newest prefixes, oldest first, no two of them the same.
    private(set) var prefixes: [Prefix] = []

    /// The most prefixes that are kept, the newest ones (TRC-40).
    static let maximumPrefixes = 16
    /// How many bytes of the assistant's make a conversation one of a kind (TRC-38).
    private static let distinctCount = 32

    /// Reads the history of a request; `nil` where the provider keeps a part of it, so that nobody else can know what was
    /// said (TRC-39).
    ///
    /// - Complexity: O(n) in the texts read: of each group the first 128 bytes that are kept.
    public init?(_ reading: RequestReading) {
        let tape = reading.document.tape
        let bytes = reading.document.bytes.span
        let root = tape.root
        guard reading.format == .responses else {
            guard let messages = tape.member("messages", of: root, in: bytes),
                reading.format != .messages || AssistantTurn.previousMessage(root, tape, bytes) == nil
            else { return nil }
            for message in tape.children(messages) { read(message, ["text"], tape, bytes) }
            return
        }
        for name: StaticString in ["previous_response_id", "conversation"] {
            if let kept = tape.member(name, of: root, in: bytes), tape.kind(kept) != .null { return nil }
        }
        guard let input = tape.member("input", of: root, in: bytes) else { return }
        if tape.kind(input) == .string { add(.user, input, tape, bytes) }
        guard tape.kind(input) == .array else { return }
        for item in tape.children(input) { read(item, ["input_text", "output_text", "text"], tape, bytes) }
    }

    /// TRC-34
    private mutating func read(
        _ message: JSONTape.Index,
        _ types: [StaticString],
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        guard let role = tape.member("role", of: message, in: bytes),
            let content = tape.member("content", of: message, in: bytes)
        else { return }
        let side: Side
        if tape.isString(role, "user", in: bytes) {
            side = .user
        } else if tape.isString(role, "assistant", in: bytes) {
            side = .assistant
        } else {
            return
        }
        if tape.kind(content) == .string { add(side, content, tape, bytes) }
        guard tape.kind(content) == .array else { return }
        for part in tape.children(content) {
            guard let type = tape.member("type", of: part, in: bytes),
                types.contains(where: { tape.isString(type, $0, in: bytes) }),
                let text = tape.member("text", of: part, in: bytes), tape.kind(text) == .string
            else { continue }
            add(side, text, tape, bytes)
        }
    }

    private mutating func add(_ side: Side, _ text: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        let count = self.side == side ? open.bytes.count : 0
        guard add(side, bytes, tape.contentRange(text), escapes: !tape.isPlain(text)), side == .assistant,
            // Digests that are the same count once.
            open.bytes.count > count
        else { return }
        if prefixes.count == Self.maximumPrefixes { prefixes.removeFirst() }
        prefixes.append(prefix)
    }

    /// Adds what a side says; a text of which nothing is kept changes nothing (TRC-36).
    private mutating func add(_ side: Side, _ text: Span<UInt8>, _ range: Range<Int>, escapes: Bool) -> Bool {
        if self.side == side { return open.append(text, in: range, escapes: escapes) }
        var next = VisibleText()
        guard next.append(text, in: range, escapes: escapes) else { return false }
        close()
        self.side = side
        open = next
        return true
    }

    private mutating func close() {
        guard let side else { return }
        isDistinct = isDistinct || says(side)
        if side == .assistant, let last = prefixes.last, last.answer == open.bytes {
            // Each text that the assistant added to its group has left a prefix, so the last one is of all of them.
            closed = last.whole
        } else {
            closed = saidWith(open: side)
        }
    }

    /// What both sides said, with the open group.
    private func saidWith(open side: Side) -> SHA256 {
        var hash = closed
        hash.update(byte: side.rawValue)
        hash.update(open.bytes)
        return hash
    }

    /// Whether the open group alone makes the conversation one of a kind.
    private func says(_ side: Side) -> Bool { side == .assistant && open.bytes.count >= Self.distinctCount }

    /// What has been said so far, where the assistant spoke last.
    private var prefix: Prefix {
        Prefix(whole: saidWith(open: .assistant), answer: open.bytes, isDistinct: isDistinct || says(.assistant))
    }

    /// The SHA-256 of all that was said.
    var digest: [UInt8] {
        var whole = self
        whole.close()
        return whole.closed.finish()
    }

    /// The conversation with a reply to it; `nil` where the reply says nothing that is kept.
    func answered(_ text: [UInt8]) -> Prefix? {
        var answered = self
        guard answered.add(.assistant, text.span, 0..<text.count, escapes: false) else { return nil }
        return answered.prefix
    }
}

/// A reply of embeddings, read while it passes as it comes (EXC-82, EXC-83): how many, how large, and what they cost.
///
/// The vectors are counted and not kept, so that memory does not grow with the reply.
public struct EmbeddingReply: Sendable {
    /// How many embeddings came; `nil` where the reply has no list of them.
    public private(set) var count: Int?
    /// How many numbers the first one has; `nil` where it is not a list.
    public private(set) var dimensions: Int?
    /// `float` or `base64`, as the first one is.
    public private(set) var encodingFormat: String?
    /// Whether the reply has come to its end.
    public private(set) var isEnded = false
    /// The values that are kept, as JSON text.
    private var object: [UInt8]?
    private var model: [UInt8]?
    private var usageText: [UInt8]?

    private enum Lexeme { case between, name, string, scalar }
    private enum Kept { case object, model, usage }

    private var lexeme = Lexeme.between
    private var isEscaped = false
    /// The containers that are open; `true` is an object.
    private var open: [Bool] = []
    private var awaitsName = false
    private var name: [UInt8] = []
    private var isInData = false
    private var isInVector = false
    private var keeping: (kept: Kept, depth: Int)?
    private var value: [UInt8] = []
    /// Whether this is no JSON, or has more nesting than is read.
    private var isBroken = false

    private static let maximumDepth = 128
    /// The longest value that is kept, in bytes; a longer one is left out.
    private static let maximumKept = 64 * 1024

    /// Nothing has come yet.
    public init() {}

    /// Takes the next bytes.
    ///
    /// - Complexity: O(n); allocates nothing within vectors.
    public mutating func read(_ chunk: Span<UInt8>) {
        var index = 0
        while index < chunk.count, !isEnded, !isBroken {
            take(chunk[index])
            index += 1
        }
    }

    /// What the reply cost.
    package var usage: TokenUsage {
        var usage = TokenUsage()
        if let usageText, let tape = try? JSONTape(scanning: usageText.span) {
            usage.readChat(tape.root, tape, usageText.span)
        }
        return usage
    }

    /// The model that answered.
    var responseModel: String? { Self.text(model) }
    /// The type that the reply gives itself.
    var type: String? { Self.text(object) }

    private static func text(_ json: [UInt8]?) -> String? {
        guard let json, let tape = try? JSONTape(scanning: json.span) else { return nil }
        return tape.string(tape.root, in: json.span)
    }

    // MARK: Bytes

    private mutating func take(_ byte: UInt8) {
        switch lexeme {
        case .name, .string:
            keep(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                if lexeme == .string { endValue() }
                lexeme = .between
                return
            }
            if lexeme == .name, name.count < 16 { name.append(byte) }
        case .scalar:
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0x20, 0x09, 0x0A, 0x0D:
                lexeme = .between
                takeBetween(byte)
            default: keep(byte)
            }
        case .between: takeBetween(byte)
        }
    }

    private mutating func takeBetween(_ byte: UInt8) {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ":"): keep(byte)
        case UInt8(ascii: ","):
            keep(byte)
            awaitsName = open.last == true
        case UInt8(ascii: "\""):
            if awaitsName {
                awaitsName = false
                name.removeAll(keepingCapacity: true)
                lexeme = .name
            } else {
                begin(byte)
                lexeme = .string
            }
            keep(byte)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            begin(byte)
            keep(byte)
            open.append(byte == UInt8(ascii: "{"))
            awaitsName = byte == UInt8(ascii: "{")
            if open.count > Self.maximumDepth { isBroken = true }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            guard open.popLast() == (byte == UInt8(ascii: "}")) else {
                isBroken = true
                return
            }
            keep(byte)
            awaitsName = false
            endValue()
            isEnded = open.isEmpty
        default:
            begin(byte)
            keep(byte)
            lexeme = .scalar
        }
    }

    private mutating func keep(_ byte: UInt8) {
        if keeping != nil, value.count <= Self.maximumKept { value.append(byte) }
    }

    // MARK: Values

    /// A value begins, inside of the containers that are open.
    private mutating func begin(_ byte: UInt8) {
        switch open.count {
        case 0: isBroken = byte != UInt8(ascii: "{")
        case 1: beginMember(byte)
        case 2 where isInData: count = (count ?? 0) + 1
        case 3 where isInData && count == 1 && open[2]: beginVector(byte)
        case 4 where isInVector: dimensions = (dimensions ?? 0) + 1
        default: break
        }
    }

    private mutating func beginMember(_ byte: UInt8) {
        let isString = byte == UInt8(ascii: "\"")
        isInData = isNamed("data") && byte == UInt8(ascii: "[")
        isInVector = false
        if isInData {
            // The last of a name counts (JSON-5).
            count = 0
            dimensions = nil
            encodingFormat = nil
        } else if isNamed("usage"), byte == UInt8(ascii: "{") {
            keeping = (.usage, 1)
        } else if isNamed("model"), isString {
            keeping = (.model, 1)
        } else if isNamed("object"), isString {
            keeping = (.object, 1)
        }
        value = []
    }

    private mutating func beginVector(_ byte: UInt8) {
        isInVector = isNamed("embedding") && byte == UInt8(ascii: "[")
        guard isNamed("embedding") else { return }
        dimensions = isInVector ? 0 : nil
        encodingFormat = isInVector ? "float" : byte == UInt8(ascii: "\"") ? "base64" : nil
    }

    private func isNamed(_ other: StaticString) -> Bool {
        other.withUTF8Buffer { unsafe name.elementsEqual($0) }
    }

    /// A string or a container has ended.
    private mutating func endValue() {
        if open.count == 3 { isInVector = false }
        guard let (kept, depth) = keeping, open.count == depth else { return }
        keeping = nil
        guard value.count <= Self.maximumKept else { return }
        switch kept {
        case .object: object = value
        case .model: model = value
        case .usage: usageText = value
        }
    }
}

/// A request body of a recorded route, read once: what to forward, what it says about its trace, and what it asks for.
public struct RequestReading: Sendable {
    /// The wire format.
    public let format: ExchangeFormat
    /// The model as the client named it, without the prefix that named a provider; `nil` where a stored prompt names it
    /// (EXC-8).
    public private(set) var model: String?
    /// Whether the reply is to be a stream.
    public let isStreaming: Bool
    /// The cuts that turn the body into what is forwarded; empty where nothing changes (EXC-3, EXC-4).
    public private(set) var edits: [ByteEdit]
    /// What the assistant turns say about the trace, newest first (TRC-4).
    public let turns: [AssistantTurn]
    /// How many frames are cut out, by what they prove.
    public let frames: FrameCounts
    /// Why the reply must not carry a signature, `nil` where it may (EXC-22).
    public let constraint: SignatureConstraint?
    /// Whether the newest message brings results of tools rather than words of a user.
    public let bringsToolResults: Bool

    /// The body and where its values lie; captured content is taken from it.
    package let document: JSONDocument

    /// Reads a body.
    ///
    /// - Parameter keys: the signing keys of the caller's environment; without them no version 2 signature is read.
    /// - Complexity: O(n).
    /// - Throws: `ExchangeFault` for a body that is not JSON or lacks what the route needs (EXC-5, EXC-6).
    public init(
        _ body: [UInt8],
        format: ExchangeFormat,
        keys: SigningKeys? = nil,
        limits: JSONLimits = JSONLimits()
    ) throws(ExchangeFault) {
        let document: JSONDocument
        do throws(JSONFault) {
            document = try JSONDocument(body, limits: limits)
        } catch {
            throw ExchangeFault(error)
        }
        let root = document.root
        guard root.kind == .object else { throw ExchangeFault.body(is: root.kind) }
        self.model = try Self.model(of: root, format)
        let history = try Self.history(of: root, format)
        let scan = RequestScan(document, keys: keys)
        self.format = format
        self.document = document
        self.isStreaming = root["stream"]?.kind == .true
        self.edits = scan.edits
        self.frames = scan.frames
        self.turns = AssistantTurn.turns(of: root, history: history, format: format, scan: scan)
        self.constraint = SignatureConstraint.of(root, history: history, format: format)
        self.bringsToolResults = Self.bringsToolResults(history, format)
    }

    /// EXC-6, EXC-8.
    private static func model(of root: JSONValue, _ format: ExchangeFormat) throws(ExchangeFault) -> String? {
        let model = root["model"]
        if let name = model?.string { return name }
        if format == .responses, model == nil || model?.kind == .null, root["prompt"]?.kind == .object { return nil }
        throw ExchangeFault.member("model", is: model?.kind, expected: "a string")
    }

    /// EXC-6, EXC-8.
    private static func history(of root: JSONValue, _ format: ExchangeFormat) throws(ExchangeFault) -> JSONValue? {
        guard format == .responses else {
            guard let messages = root["messages"], messages.kind == .array else {
                throw ExchangeFault.member("messages", is: root["messages"]?.kind, expected: "an array")
            }
            return messages
        }
        switch root["input"]?.kind {
        case nil, .null, .string, .array: return root["input"]
        case let kind: throw ExchangeFault.member("input", is: kind, expected: "a string or an array")
        }
    }

    /// What may name the provider (PRX-40).
    public var modelPrefix: ModelPrefix? {
        guard let model, model.utf8.contains(UInt8(ascii: "/")) else { return nil }
        return ModelPrefix(document.root)
    }

    /// Cuts the prefix out of the model, because it named the provider.
    public mutating func cut(_ prefix: ModelPrefix) {
        model = prefix.rest
        edits = edits.adding(prefix.cut)
    }

    /// The body to forward: the same storage where nothing changes.
    public var forwarded: [UInt8] { document.bytes.applying(edits) }

    /// The JSON text of a value as it is forwarded.
    package func forwarded(_ value: JSONValue) -> [UInt8] { document.forwarded(value, edits) }

    private static func bringsToolResults(_ history: JSONValue?, _ format: ExchangeFormat) -> Bool {
        // EXC-50, EXC-56
        let newest = history?.lastChild { tape, message, bytes in
            guard let role = tape.member("role", of: message, in: bytes) else { return true }
            return !tape.isString(role, "system", in: bytes)
                && (format != .responses || !tape.isString(role, "developer", in: bytes))
        }
        guard let newest else { return false }
        switch format {
        case .chat:
            return newest["role"]?.isString("tool") == true || newest["role"]?.isString("function") == true
        case .messages:
            return newest["content"]?.children.contains { $0["type"]?.isString("tool_result") == true } ?? false
        case .responses:
            return newest["type"]?.string?.utf8.hasSuffix("_output") ?? false
        }
    }
}

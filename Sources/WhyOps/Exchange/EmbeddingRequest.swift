/// A request for embeddings: what to forward, and what its event says (EXC-81).
public struct EmbeddingRequest: Sendable {
    /// The model as the client named it, without the prefix that named a provider.
    public private(set) var model: String
    /// What may name the provider (PRX-40).
    public let modelPrefix: ModelPrefix?
    /// The cuts that turn the body into what is forwarded; empty where nothing changes (EXC-3, EXC-4).
    private var edits: [ByteEdit]
    /// How many frames are cut out, by what they prove.
    public let frames: FrameCounts
    private let document: JSONDocument

    /// Reads a body.
    ///
    /// - Parameter keys: the signing keys of the caller's environment (SIG-42).
    /// - Complexity: O(n).
    /// - Throws: `ExchangeFault` for a body that is not JSON, is no object or has no model (EXC-5, EXC-6).
    public init(_ body: [UInt8], keys: SigningKeys? = nil) throws(ExchangeFault) {
        let document: JSONDocument
        do throws(JSONFault) {
            document = try JSONDocument(body)
        } catch {
            throw ExchangeFault(error)
        }
        let root = document.root
        guard root.kind == .object else { throw ExchangeFault.body(is: root.kind) }
        guard let model = root["model"]?.string else {
            throw ExchangeFault.member("model", is: root["model"]?.kind, expected: "a string")
        }
        self.model = model
        self.document = document
        modelPrefix = ModelPrefix(root)
        let scan = RequestScan(document, keys: keys)
        edits = scan.edits
        frames = scan.frames
    }

    /// Cuts the prefix out of the model, because it named the provider.
    public mutating func cut(_ prefix: ModelPrefix) {
        model = prefix.rest
        edits = edits.adding(prefix.cut)
    }

    /// The body to forward: the same storage where nothing changes.
    public var forwarded: [UInt8] { document.bytes.applying(edits) }

    /// The text of a member as it came, signatures removed.
    func member(_ name: StaticString) -> [UInt8]? {
        document.root[name].map { document.forwarded($0, edits) }
    }
}

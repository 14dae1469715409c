/// A body of a route that is not recorded: stripped where it is JSON, and otherwise as it came (EXC-7).
public struct PassThroughBody: Sendable {
    /// What may name the provider (PRX-40).
    public let modelPrefix: ModelPrefix?
    /// How many frames are cut out, by what they prove.
    public let frames: FrameCounts
    private let body: [UInt8]
    private let edits: [ByteEdit]

    /// Reads a body.
    ///
    /// - Parameter keys: the signing keys of the caller's environment (SIG-42).
    /// - Complexity: O(n).
    public init(_ body: [UInt8], keys: SigningKeys? = nil) {
        self.body = body
        do throws(JSONFault) {
            let document = try JSONDocument(body)
            let scan = RequestScan(document, keys: keys)
            edits = scan.edits
            frames = scan.frames
            modelPrefix = ModelPrefix(document.root)
        } catch {
            edits = []
            frames = FrameCounts()
            modelPrefix = nil
        }
    }

    /// The body to forward; the same storage where nothing changes.
    ///
    /// - Parameter cutsModelPrefix: whether the prefix named the provider.
    public func forwarded(cutsModelPrefix: Bool = false) -> [UInt8] {
        guard cutsModelPrefix, let modelPrefix else { return body.applying(edits) }
        return body.applying(edits.adding(modelPrefix.cut))
    }

    /// The body to forward without regard to its model.
    public static func forwarded(_ body: [UInt8], keys: SigningKeys? = nil) -> [UInt8] {
        PassThroughBody(body, keys: keys).forwarded()
    }

    /// Whether a content type is JSON, so that its body is read.
    public static func isJSON(contentType: String) -> Bool {
        let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 != 0x20 && $0 != 0x09 }
        return type.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 } == Array("application/json".utf8)
    }
}

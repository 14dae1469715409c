import WhyOps

/// A file of the trace viewer as it is served.
struct ViewerFile: Sendable {
    let name: String
    let mediaType: String
    let bytes: [UInt8]
    /// Changes with every byte (VIEW-4).
    let entityTag: String

    init(name: String, mediaType: String, text: String) {
        self.name = name
        self.mediaType = mediaType
        bytes = Array(text.utf8)
        entityTag = "\"\(SHA256.hex(of: bytes).prefix(32))\""
    }

    /// Whether a client that sends this `If-None-Match` has the file.
    func matches(_ header: String?) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { item in
            let item = item.drop { $0 == " " || $0 == "\t" }
            let tag = item.hasPrefix("W/") ? item.dropFirst(2) : item
            return tag.prefix { $0 != " " && $0 != "\t" } == entityTag || item == "*"
        }
    }
}

import WhyOps

/// What an event of an exchange is known by, and what it follows (TRC-42 to TRC-44).
package struct ExchangePlace: Sendable, Hashable {
    /// The names by which later requests may know a reply.
    package let names: [String]
    /// The names that the reply before a request may have, the likeliest first.
    package let parents: [String]

    /// What is read of a list; the proxy writes fewer and shorter ones.
    private static let maximumCount = 32
    private static let maximumLength = 200

    /// Reads the `stitch` of an event's metadata; `nil` for anything but an object.
    init?(_ stitch: JSONValue) {
        guard stitch.kind == .object else { return nil }
        names = Self.texts(stitch["names"])
        parents = Self.texts(stitch["parents"])
    }

    private static func texts(_ list: JSONValue?) -> [String] {
        guard let list, list.kind == .array else { return [] }
        return list.children.lazy.compactMap(\.string).filter { $0.utf8.count <= maximumLength }
            .prefix(maximumCount)
            .map { $0 }
    }
}

/// Which web pages may read replies (PRX-99 to PRX-101). Credentials of a browser, such as cookies, are never asked for.
package struct CrossOriginPolicy: Sendable, Hashable {
    /// `nil` for every origin.
    private let origins: Set<String>?

    /// Reads origins separated by commas, as `https://host` or `https://host:port`, or `*`.
    package init?(_ text: String) {
        let parts = text.split(separator: ",").map { $0.filter { $0 != " " }.lowercased() }
        if parts == ["*"] {
            origins = nil
            return
        }
        guard !parts.isEmpty, parts.allSatisfy(Self.isOrigin) else { return nil }
        origins = Set(parts)
    }

    private static func isOrigin(_ text: String) -> Bool {
        let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
        guard let rest = scheme.map({ text.dropFirst($0.count) }), !rest.isEmpty else { return false }
        let mayStand = Set("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]".utf8)
        return rest.utf8.allSatisfy { mayStand.contains($0) }
    }

    /// What a reply says about who may read it.
    ///
    /// - Parameters:
    ///   - origin: the header of the request.
    ///   - exposed: the headers of the reply, all of which the page may read.
    package func headers(origin: String?, exposed: [String]) -> [(String, String)] {
        var headers: [(String, String)] = []
        if origins != nil { headers.append(("vary", "Origin")) }
        guard let origin, let value = allowed(origin) else { return headers }
        headers.append(("access-control-allow-origin", value))
        if !exposed.isEmpty {
            headers.append(("access-control-expose-headers", exposed.joined(separator: ", ")))
        }
        return headers
    }

    private func allowed(_ origin: String) -> String? {
        guard let origins else { return "*" }
        return origins.contains(origin) ? origin : nil
    }

    /// What the answer to a browser that asks before it sends has beside what every reply has, a 204 without a body; `nil`
    /// for any other request, and for pages that may not (PRX-100).
    ///
    /// - Parameters:
    ///   - method: that of the request.
    ///   - origin: its header.
    ///   - asksFor: its `Access-Control-Request-Method`.
    ///   - names: its `Access-Control-Request-Headers`.
    package func preflight(
        method: String,
        origin: String?,
        asksFor wanted: String?,
        names: String?
    ) -> [(name: String, value: String)]? {
        guard method == "OPTIONS", let origin, allowed(origin) != nil, wanted != nil else { return nil }
        var headers = [("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE")]
        // The clients' own headers are many, and new ones come; what may go upstream is decided elsewhere.
        if let names, Self.isList(names) { headers.append(("access-control-allow-headers", names)) }
        headers.append(("access-control-max-age", "600"))
        headers.append(("vary", "Access-Control-Request-Method, Access-Control-Request-Headers"))
        return headers
    }

    /// Whether a text is nothing but names of headers.
    private static func isList(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ","), 0x20:
                true
            default: false
            }
        }
    }
}

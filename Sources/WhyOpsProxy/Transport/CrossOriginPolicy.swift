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
        let rest = text.dropping(prefix: "https://") ?? text.dropping(prefix: "http://")
        guard let rest, !rest.isEmpty else { return false }
        let mayStand = Set("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]".utf8)
        return rest.utf8.allSatisfy { mayStand.contains($0) }
    }

    /// What a reply says about who may read it.
    ///
    /// - Parameters:
    ///   - origin: the header of the request.
    ///   - exposed: the headers of the reply, all of which the page may read.
    func headers(origin: String?, exposed: [String]) -> [(String, String)] {
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

    /// The answer to a browser that asks before it sends; `nil` for any other request, and for pages that may not.
    func preflight(_ request: ProxyRequest) -> ReplyHead? {
        guard request.method == "OPTIONS", let origin = request.headers[.origin], allowed(origin) != nil,
            request.headers.contains(.accessControlRequestMethod)
        else { return nil }
        var headers = HeaderFields()
        headers.append(name: "access-control-allow-methods", value: "GET, HEAD, POST, PUT, PATCH, DELETE")
        // The clients' own headers are many, and new ones come; what may go upstream is decided elsewhere.
        if let names = request.headers[.accessControlRequestHeaders], Self.isList(names) {
            headers.append(name: "access-control-allow-headers", value: names)
        }
        headers.append(name: "access-control-max-age", value: "600")
        headers.append(name: "vary", value: "Access-Control-Request-Method, Access-Control-Request-Headers")
        return ReplyHead(status: 204, headers: headers, body: .whole([]))
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

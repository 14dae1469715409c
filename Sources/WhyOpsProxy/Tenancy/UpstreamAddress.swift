import WhyOpsEdge

/// The address of a provider, taken apart.
package struct UpstreamAddress: Sendable, Hashable {
    package let isSecure: Bool
    /// In lower case, an IPv6 address without its brackets.
    package let host: String
    package let port: Int

    /// Reads a base address; `nil` for anything but `http` or `https`, a host and at most a port and a path: no user, no
    /// query, no fragment, no spaces, backslashes or control characters that one reader takes for another thing than the
    /// next.
    package init?(_ text: String) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
        else {
            return nil
        }
        let rest: Substring
        if text.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if text.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        guard !rest.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else { return nil }
        var authority = rest.prefix { $0 != "/" }
        var port = isSecure ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
                (1...65535).contains(number)
            else { return nil }
            port = number
            authority = authority[..<colon]
        }
        self.port = port
        if authority.first == "[", authority.last == "]" {
            let inner = String(authority.dropFirst().dropLast())
            guard inner.utf8.contains(UInt8(ascii: ":")), IPAddress(inner) != nil else { return nil }
            host = inner.lowercased()
            return
        }
        let name = authority.lowercased()
        let isName = name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
        }
        guard isName, !name.isEmpty, name.utf8.first != 0x2E, !name.contains("..") else { return nil }
        // Forms of IPv4 that only some readers take for one: 127.1, 0x7f.1, 2130706433, 0177.0.0.1.
        let last = name.split(separator: ".").last ?? ""
        let isNumeric = last.utf8.allSatisfy { (0x30...0x39).contains($0) } || last.hasPrefix("0x")
        guard !isNumeric || IPAddress(name) != nil else { return nil }
        host = name
    }

    /// `localhost` and what lies below it.
    var isLoopbackName: Bool {
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        return name == "localhost" || name.hasSuffix(".localhost")
    }
}

/// What the proxy does with a path.
public enum ProxyRoute: Hashable, Sendable {
    /// Answers itself, without a key.
    case health
    /// Registers an agent.
    case agentInit
    /// Reads, records and forwards.
    case exchange(ExchangeFormat)
    /// Forwards as it comes, credentials swapped (PRX-2).
    case passThrough
    /// Refuses: a protocol that is not proxied (PRX-15).
    case realtime
    /// Refuses: a path that could leave the upstream's API.
    case invalid
}

/// A request's method and path, read as the proxy's own routes (PRX-1).
public struct ProxyPath: Hashable, Sendable {
    /// What to do.
    public let route: ProxyRoute
    /// The path below the API's version, such as `/chat/completions`; the query is not part of it.
    public let path: String

    /// Reads a method and a path without its query.
    public init(method: String, path: String) {
        var rest = path[...]
        // `/v1`, and `/v1/v1` of clients whose base address ends in `/v1` already.
        for _ in 0..<2 where rest == "/v1" || rest.utf8.starts(with: "/v1/".utf8) { rest = rest.dropFirst(3) }
        if rest.utf8.count > 1, rest.utf8.last == UInt8(ascii: "/") { rest = rest.dropLast() }
        self.path = String(rest)
        if path == "/health" || path == "/health/ready" {
            route = method == "GET" || method == "HEAD" ? .health : .passThrough
            return
        }
        switch (method, self.path) {
        // PRX-26: behind a base address such a path could name another host.
        case _ where path.utf8.first != UInt8(ascii: "/"): route = .invalid
        case _ where !Self.isPlain(rest): route = .invalid
        case (_, "/realtime"): route = .realtime
        case ("POST", "/chat/completions"): route = .exchange(.chat)
        case ("POST", "/messages"): route = .exchange(.messages)
        case ("POST", "/responses"): route = .exchange(.responses)
        case ("POST", "/agents/init"): route = .agentInit
        default: route = rest.utf8.starts(with: "/realtime/".utf8) && method == "GET" ? .realtime : .passThrough
        }
    }

    /// The vendor that a path belongs to, or `nil` where both have it.
    public var vendor: Vendor? {
        if case .exchange(let format) = route { return format.vendor }
        if path == "/messages" || path.utf8.starts(with: "/messages/".utf8) || path == "/complete" { return .anthropic }
        if path == "/models" || path.utf8.starts(with: "/models/".utf8) || path.utf8.starts(with: "/files".utf8) {
            return nil
        }
        return .openai
    }

    private static func isClimbing(_ segment: [UInt8]) -> Bool { segment == [0x2E] || segment == [0x2E, 0x2E] }

    /// No segment that climbs, plain or percent-encoded, and no backslash or control character.
    private static func isPlain(_ path: Substring) -> Bool {
        var segment: [UInt8] = []
        var bytes = Array(path.utf8)
        bytes.append(UInt8(ascii: "/"))
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "/") {
                if isClimbing(segment) { return false }
                segment = []
            } else if byte == UInt8(ascii: "%"), index + 1 < bytes.count,
                let high = bytes[index].hexDigitValue, let low = bytes[index + 1].hexDigitValue
            {
                index += 2
                let decoded = high << 4 | low
                if decoded == UInt8(ascii: "\\") || decoded < 0x20 { return false }
                // An encoded slash, as in the names of some models, may become a real one upstream.
                if decoded == UInt8(ascii: "/") {
                    if isClimbing(segment) { return false }
                    segment = []
                } else {
                    segment.append(decoded)
                }
            } else {
                if byte == UInt8(ascii: "\\") || byte <= 0x20 || byte == 0x7F { return false }
                segment.append(byte)
            }
        }
        return true
    }
}

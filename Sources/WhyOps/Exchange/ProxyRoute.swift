/// What the proxy does with a path.
public enum ProxyRoute: Hashable, Sendable {
    /// Answers itself, without a key.
    case health
    /// Registers an agent.
    case agentInit
    /// Reads, records and forwards.
    case exchange(ExchangeFormat)
    /// Records and forwards; the reply goes as it comes (EXC-82).
    case embeddings
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
        case ("POST", "/embeddings"): route = .embeddings
        case ("POST", "/agents/init"): route = .agentInit
        default: route = rest.utf8.starts(with: "/realtime/".utf8) && method == "GET" ? .realtime : .passThrough
        }
    }

    /// The vendor whose API a request is of (PRX-2).
    ///
    /// - Parameters:
    ///   - hasAnthropicVersion: whether it carries `anthropic-version`, which Anthropic's clients send with every request.
    ///   - hasAPIKeyHeader: whether its key is in `x-api-key`, where OpenAI's clients never have it.
    public func vendor(hasAnthropicVersion: Bool, hasAPIKeyHeader: Bool) -> Vendor {
        if case .exchange(let format) = route { return format.vendor }
        switch path.utf8.dropFirst().prefix(while: { $0 != UInt8(ascii: "/") }) {
        case let name where Self.anthropicOnly.contains { name.elementsEqual($0.utf8) }: return .anthropic
        case let name where Self.openAIOnly.contains { name.elementsEqual($0.utf8) }: return .openai
        case let name where Self.bothHave.contains { name.elementsEqual($0.utf8) }:
            return hasAnthropicVersion || hasAPIKeyHeader ? .anthropic : .openai
        default: return hasAnthropicVersion ? .anthropic : .openai
        }
    }

    private static let anthropicOnly = ["messages", "complete"]
    private static let openAIOnly = ["chat", "responses", "embeddings"]
    private static let bothHave = ["models", "files"]

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

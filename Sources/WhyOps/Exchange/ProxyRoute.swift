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

extension ProxyRoute {
    /// Whether it is a recorded route that OpenAI has.
    fileprivate var isOpenAIs: Bool {
        switch self {
        case .exchange(let format): format.vendor == .openai
        case .embeddings: true
        default: false
        }
    }
}

/// A request's method and path, read as the proxy's own routes (PRX-1).
public struct ProxyPath: Hashable, Sendable {
    /// What to do.
    public let route: ProxyRoute
    /// The path below the API's version, such as `/chat/completions`; the query is not part of it. For a route of ours it
    /// is the route's own spelling.
    public let path: String
    /// The path as the most lenient reader takes it, in lower case: it says whose API a request is of (PRX-170).
    public let reading: String
    /// Whether it stood behind the name of a deployment, as Azure's clients write it (PRX-206).
    public let isOfDeployment: Bool

    /// Reads a method and a path without its query.
    public init(method: String, path: String) {
        var rest = path[...]
        // `/v1`, and `/v1/v1` of clients whose base address ends in `/v1` already.
        for _ in 0..<2 where rest == "/v1" || rest.utf8.starts(with: "/v1/".utf8) { rest = rest.dropFirst(3) }
        if rest.utf8.count > 1, rest.utf8.last == UInt8(ascii: "/") { rest = rest.dropLast() }
        let spelt = String(rest)
        // PRX-26: behind a base address such a path could name another host.
        guard path.utf8.first == UInt8(ascii: "/"), Self.isPlain(rest) else {
            (route, self.path, reading, isOfDeployment) = (.invalid, spelt, spelt, false)
            return
        }
        if let own = Self.own(method, spelt) {
            (route, self.path, reading, isOfDeployment) = (own, spelt, spelt, false)
            return
        }
        // PRX-170: what another reader would take for a route of ours is one.
        let others = Self.asOthersRead(path)
        if let own = Self.own(method, others) {
            (route, self.path, reading, isOfDeployment) = (own, others, others, false)
        } else if let behind = Self.behindDeployment(others), let own = Self.own(method, behind), own.isOpenAIs {
            (route, self.path, reading, isOfDeployment) = (own, behind, behind, true)
        } else {
            (route, self.path, reading, isOfDeployment) = (.passThrough, spelt, others, false)
        }
    }

    /// What stands behind `/deployments/{name}` or `/openai/deployments/{name}` (PRX-206).
    private static func behindDeployment(_ path: String) -> String? {
        var segments = path.utf8.split(separator: UInt8(ascii: "/"))[...]
        if let first = segments.first, first.elementsEqual("openai".utf8) { segments = segments.dropFirst() }
        guard segments.count > 2, let first = segments.first, first.elementsEqual("deployments".utf8) else {
            return nil
        }
        return segments.dropFirst(2).reduce(into: "") { path, segment in
            path += "/"
            path += String(decoding: segment, as: UTF8.self)
        }
    }

    /// What is done with a path other than passing it on; `nil` where it is that.
    private static func own(_ method: String, _ path: String) -> ProxyRoute? {
        let (method, path) = (method.utf8.span, path.utf8.span)
        func asks(_ wanted: (method: StaticString, path: StaticString)) -> Bool {
            path.equals(wanted.path) && method.equals(wanted.method)
        }
        if asks(("POST", "/chat/completions")) { return .exchange(.chat) }
        if asks(("POST", "/messages")) { return .exchange(.messages) }
        if asks(("POST", "/responses")) { return .exchange(.responses) }
        if asks(("POST", "/embeddings")) { return .embeddings }
        if asks(("POST", "/agents/init")) { return .agentInit }
        if asks(("GET", "/health")) || asks(("HEAD", "/health")) { return .health }
        if asks(("GET", "/health/ready")) || asks(("HEAD", "/health/ready")) { return .health }
        if path.equals("/realtime") || (method.equals("GET") && path.starts(with: "/realtime/")) { return .realtime }
        return nil
    }

    /// A path as the most lenient reader takes it (PRX-170).
    private static func asOthersRead(_ path: String) -> String {
        let slash = UInt8(ascii: "/")
        var bytes: [UInt8] = []
        var isParameter = false
        var rest = path.utf8[...]
        while let first = rest.popFirst() {
            var byte = first
            if byte == UInt8(ascii: "%"), let high = rest.first?.hexDigitValue,
                let low = rest.dropFirst().first?.hexDigitValue
            {
                rest = rest.dropFirst(2)
                byte = high << 4 | low
            }
            if byte == slash {
                isParameter = false
                if bytes.last == slash { continue }
            }
            if byte == UInt8(ascii: ";") { isParameter = true }
            if isParameter { continue }
            bytes.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
        }
        // What a parameter was all of leaves an empty segment, too.
        var segments = bytes.split(separator: slash)[...]
        while let first = segments.first, first.elementsEqual("v1".utf8) { segments = segments.dropFirst() }
        var reading: [UInt8] = []
        for segment in segments {
            reading.append(slash)
            reading.append(contentsOf: segment)
        }
        return String(decoding: reading, as: UTF8.self)
    }

    /// The vendor whose API a request is of (PRX-2).
    ///
    /// - Parameters:
    ///   - hasAnthropicVersion: whether it carries `anthropic-version`, which Anthropic's clients send with every request.
    ///   - hasAPIKeyHeader: whether its key is in `x-api-key`, where OpenAI's clients never have it.
    public func vendor(hasAnthropicVersion: Bool, hasAPIKeyHeader: Bool) -> Vendor {
        if case .exchange(let format) = route { return format.vendor }
        switch reading.utf8.dropFirst().prefix(while: { $0 != UInt8(ascii: "/") }) {
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

    /// What counts of a segment of a path: whether it is `.` or `..`, which climb.
    private struct Segment {
        private var dots = 0
        private var hasOthers = false

        var climbs: Bool { !hasOthers && (dots == 1 || dots == 2) }

        mutating func append(_ byte: UInt8) {
            if byte == UInt8(ascii: ".") { dots += 1 } else { hasOthers = true }
        }
    }

    /// No segment that climbs, plain or percent-encoded, and no backslash or control character.
    private static func isPlain(_ path: Substring) -> Bool {
        var segment = Segment()
        let bytes = path.utf8.span
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%"), index + 1 < bytes.count, let high = bytes[index].hexDigitValue,
                let low = bytes[index + 1].hexDigitValue
            {
                index += 2
                byte = high << 4 | low
                if byte == UInt8(ascii: "\\") || byte < 0x20 { return false }
            } else if byte == UInt8(ascii: "\\") || byte <= 0x20 || byte == 0x7F {
                return false
            }
            // An encoded slash, as in the names of some models, may become a real one upstream.
            if byte == UInt8(ascii: "/") {
                if segment.climbs { return false }
                segment = Segment()
            } else {
                segment.append(byte)
            }
        }
        return !segment.climbs
    }
}

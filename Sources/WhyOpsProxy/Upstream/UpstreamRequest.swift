import NIOCore
import WhyOpsStore

/// A piece of a body, as the connection read it.
typealias UpstreamBytes = ByteBuffer

/// A request as the upstream gets it.
struct UpstreamRequest: Sendable {
    enum Body: Sendable {
        case none
        case whole([UInt8])
        /// The client's body as it comes; the length where the client said it.
        case streamed(length: Int?)
    }

    let origin: UpstreamOrigin
    let method: String
    /// The slug of the provider, for the operator's log.
    let provider: String
    /// The environment that has set the provider; `nil` for one of the operator's settings.
    let owner: EnvironmentName?
    /// The trace of an exchange, for the operator's log.
    var trace: String?
    /// Path and query.
    let target: String
    /// Without those that frame the body.
    var headers: HeaderFields
    var body = Body.none
    /// Headers of ours that the reply has.
    var replyHeaders: [(name: String, value: String)] = []
    /// Its place among those that are under way.
    var slot: ExchangeSlot?
}

/// Where an upstream listens; connections are kept for each.
struct UpstreamOrigin: Sendable, Hashable {
    let isSecure: Bool
    let host: String
    let port: Int
    /// Where its connections may end; those that were checked are kept apart from those that were not.
    var reach = UpstreamReach.anywhere

    /// The value of `Host`.
    var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Reads the address of a request and gives what follows the authority as well.
    ///
    /// Base addresses are checked where they are set, so what does not fit here is a mistake of the operator's.
    static func reading(
        _ url: String,
        reach: UpstreamReach = .anywhere
    ) -> (origin: UpstreamOrigin, target: String)? {
        let bytes = url.utf8
        let isSecure: Bool
        var rest: Substring
        if url.hasPrefix("http://") {
            isSecure = false
            rest = url.dropFirst(7)
        } else if url.hasPrefix("https://") {
            isSecure = true
            rest = url.dropFirst(8)
        } else {
            return nil
        }
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? bytes.endIndex
        let tail = rest[end...]
        rest = rest[..<end]
        if rest.utf8.contains(UInt8(ascii: "@")) { return nil }
        var port = isSecure ? 443 : 80
        // The colons of an IPv6 address stand between brackets.
        if let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")), !rest[colon...].utf8.contains(UInt8(ascii: "]")) {
            guard let number = Int(rest[rest.utf8.index(after: colon)...]), (1...65535).contains(number) else {
                return nil
            }
            port = number
            rest = rest[..<colon]
        }
        if rest.first == "[", rest.last == "]" { rest = rest.dropFirst().dropLast() }
        if rest.isEmpty { return nil }
        let target = tail.utf8.first == UInt8(ascii: "/") ? String(tail) : "/" + tail
        return (UpstreamOrigin(isSecure: isSecure, host: String(rest), port: port, reach: reach), target)
    }
}

/// Why there is no proper end of a reply.
enum UpstreamFault: Error, Sendable, Hashable {
    /// No connection, or none in time, or no head in time.
    case slow
    /// Silent in the middle of a reply for that many seconds.
    case silent(Double)
    /// Not at its end after that many seconds.
    case overdue(Double)
    /// The proxy has to end before it (PRX-152).
    case stopping
    /// Refused, unknown, broken off or not HTTP; says which.
    case broken(String)
}

import WhyOpsEdge

/// The head of a request, as the decisions about it read it.
struct ProxyRequest: Sendable {
    let method: String
    /// The target without its query.
    let path: String
    /// What follows the question mark.
    let query: String?
    let headers: HeaderFields
    /// Who sends it; `nil` for a client without an IP address.
    var client: IPAddress?

    init(method: String, target: String, headers: HeaderFields) {
        self.method = method
        self.headers = headers
        let target = Self.originForm(of: target, headers[.host]) ?? target[...]
        // A fragment never belongs into a request.
        let whole = target.utf8.firstIndex(of: UInt8(ascii: "#")).map { target[..<$0] } ?? target
        guard let mark = whole.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            path = String(whole)
            query = nil
            return
        }
        path = String(whole[..<mark])
        query = String(whole[whole.utf8.index(after: mark)...])
    }

    /// What a target in absolute form has behind its authority, which must be what `Host` says (PRX-215); `nil` for any
    /// other target.
    private static func originForm(of target: String, _ host: String?) -> Substring? {
        guard target.utf8.first != UInt8(ascii: "/"), let host, !host.isEmpty else { return nil }
        for scheme in ["http://", "https://"] {
            guard let rest = target.dropping(prefix: scheme) else { continue }
            let end = rest.utf8.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
            guard rest[..<end].utf8.elementsEqual(host.utf8), !host.utf8.contains(UInt8(ascii: "@")) else { return nil }
            let tail = rest[end...]
            // A path that is empty is the root's.
            return tail.utf8.first == UInt8(ascii: "/") ? tail : Substring("/" + tail)
        }
        return nil
    }

    /// Whether a body follows, though it may be empty.
    var hasBody: Bool {
        headers.contains(.transferEncoding) || headers[.contentLength].map { $0 != "0" } == true
    }
}

/// A reply of ours, or the head of an upstream's with its body where that is whole already.
struct ReplyHead: Sendable {
    enum Body: Sendable {
        case whole([UInt8])
        /// What comes after; the length where it is known.
        case stream(length: Int?)
        /// None, whatever the length says: the reply to HEAD.
        case none(length: Int?)
    }

    var status: Int
    var headers: HeaderFields
    var body: Body
    /// The code of the error of ours that it tells.
    var error: String?

    /// A reply in JSON.
    static func json(status: Int, _ body: [UInt8]) -> ReplyHead {
        var headers = HeaderFields()
        headers.append(.contentType, "application/json")
        return ReplyHead(status: status, headers: headers, body: .whole(body))
    }
}

extension Int {
    /// Whether a status says that what was asked for was done (RFC 9110, 15.3).
    var isSuccess: Bool { (200..<300).contains(self) }
}

/// What the connection does next with a request.
enum ProxyStep: Sendable {
    /// Replies without an upstream; what is left of the body is of no interest.
    case answer(ReplyHead)
    /// Reads the whole body, which must not be longer than the limit; the headers are for the reply, also where the body
    /// turns out to be none (PRX-36), and the owner is whose body it is (PRX-214).
    case collect(
        limit: Int,
        BodyEncoding,
        headers: [(name: String, value: String)] = [],
        owner: String? = nil,
        then: @Sendable (CollectedBody) throws -> Lookup<ProxyStep>
    )
    /// Sends a request upstream; the plan says what becomes of the reply.
    case forward(UpstreamRequest, any CallPlan)

    /// The same with headers that its reply has, whoever makes it, in place of those of the same names, and with the
    /// place that it takes until it has ended.
    func adding(_ headers: [(name: String, value: String)], _ slot: ExchangeSlot?) -> ProxyStep {
        switch self {
        case .answer(var reply):
            reply.headers.replace(headers)
            return .answer(reply)
        case .collect(let limit, let encoding, _, _, let next):
            return .collect(limit: limit, encoding, headers: headers, owner: slot?.environmentID) { body in
                try next(body).then { .known($0.adding(headers, slot)) }
            }
        case .forward(var request, let plan):
            request.replyHeaders = headers
            request.slot = slot
            return .forward(request, plan)
        }
    }
}

/// What must be known to take the reply to a request that was sent upstream.
protocol CallPlan: Sendable {
    /// Begins; everything after happens on the event loop of the connection.
    func begin(_ outlet: any ReplyOutlet) -> any UpstreamCall
}

/// Takes what an upstream answers. After `ended`, `failed` or `clientLeft` nothing more is told.
protocol UpstreamCall: AnyObject {
    /// The request is on its way, or its connection is: the time to record it, while nobody waits (PRX-218). What fails at once
    /// is told of before.
    func sent()
    /// The head of the reply has come.
    func replied(status: Int, headers: HeaderFields)
    /// A piece of its body.
    func received(_ bytes: UpstreamBytes)
    /// Its proper end.
    func ended()
    /// There will be no proper end.
    func failed(_ fault: UpstreamFault)
    /// Nobody waits for the reply any more.
    func clientLeft()
}

/// The client's side of a request: takes one head, and what follows it.
protocol ReplyOutlet: AnyObject {
    func begin(_ head: ReplyHead)
    func send(_ bytes: [UInt8])
    /// Passes on what came from an upstream, without a copy.
    func send(_ bytes: UpstreamBytes)
    /// Notes what was found to be wrong with the reply, for the operator's log.
    func note(_ code: String)
    /// The proper end of the body.
    func finish()
    /// Breaks the body off, so that the client sees that it is not whole (PRX-12).
    func breakOff()
}

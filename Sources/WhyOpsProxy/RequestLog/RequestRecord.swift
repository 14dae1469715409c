import NIOCore
import WhyOps

/// What came of one request, told when it has ended: to the operator's log and to whoever counts (PRX-116).
///
/// It holds no header, no query and no body, so that none of them can get from here to where they do not belong.
struct RequestRecord: Sendable {
    /// How a request ended.
    enum End: String, Sendable {
        /// Its reply was passed on whole.
        case complete
        /// Its reply was broken off, since the upstream failed in the middle of it (PRX-12).
        case brokenOff = "broken_off"
        /// Its client went, or was cut off, before the end of the reply.
        case clientLeft = "client_left"
    }

    /// Empty for a head that could not be read.
    let method: String
    let route: RouteFamily
    /// Whose API the request is of.
    let vendor: Vendor
    private let start = NIODeadline.now()
    /// What the client got; `nil` where it went before.
    private(set) var status: Int?
    /// The slug of the provider that the request went to.
    private(set) var provider: String?
    /// The trace of an exchange.
    private(set) var trace: String?
    /// The id that the reply names the request by.
    private(set) var requestID: String?
    /// What the proxy itself found to be wrong.
    var code: String?
    /// Bytes of the bodies.
    var received = 0
    var sent = 0
    /// What the proxy took for itself up to the head of the reply (PRX-50).
    private(set) var ownTime: TimeAmount?
    /// When the request went upstream.
    private var forwardedAt: NIODeadline?
    /// How long the upstream took until the head of its reply.
    private(set) var upstreamTime: TimeAmount?
    private(set) var wholeTime = TimeAmount.nanoseconds(0)
    private(set) var end = End.complete

    init(method: String, route: RouteFamily, vendor: Vendor) {
        self.method = method
        self.route = route
        self.vendor = vendor
    }

    /// A request whose head could not be read.
    static var unread: RequestRecord { RequestRecord(method: "", route: .none, vendor: .openai) }

    /// The request goes upstream.
    mutating func forwarded(_ request: UpstreamRequest) {
        provider = request.provider
        trace = request.trace
        forwardedAt = .now()
    }

    /// The head of the upstream's reply has come.
    mutating func upstreamSpoke() {
        upstreamTime = forwardedAt.map { .now() - $0 }
    }

    /// The head of the reply goes to the client.
    ///
    /// - Parameter named: the names that the client itself gave to its request; an upstream may repeat them as its own.
    mutating func replied(_ reply: ReplyHead, ownTime: TimeAmount, named: @autoclosure () -> [String]) {
        status = reply.status
        let isOurs = provider == nil || reply.error != nil
        requestID = (reply.headers[.requestID] ?? reply.headers[.anthropicRequestID]).flatMap {
            isOurs || Self.isSafe($0, named()) ? $0 : nil
        }
        if let error = reply.error { code = error }
        self.ownTime = ownTime
    }

    /// Whether an id can be written down: short, of characters that make no text, and nothing of the client's (PRX-117).
    private static func isSafe(_ id: String, _ named: [String]) -> Bool {
        let isPlain = id.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"): true
            default: false
            }
        }
        guard isPlain, (1...128).contains(id.utf8.count) else { return false }
        let lowered = id.lowercased()
        return !named.contains { name in
            let name = name.lowercased()
            return !name.isEmpty && (lowered.contains(name) || name.contains(lowered))
        }
    }

    /// The request is over.
    mutating func finish(_ end: End, ownTime: TimeAmount) {
        self.end = end
        self.ownTime = self.ownTime ?? ownTime
        // Its own time has been counted since a moment before.
        wholeTime = max(.now() - start, self.ownTime ?? ownTime)
    }
}

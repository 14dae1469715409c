import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import WhyOpsEdge

/// What every answer has, whichever route it comes from: how long it took, what is left to the key, and which web pages may
/// read it (ING-100, ING-103, ING-104). And no more answers are held than there is room for (ING-106).
struct EdgeMiddleware: RouterMiddleware {
    typealias Context = IngestServer.Context

    let crossOrigin: CrossOriginPolicy?
    let replies: BodyBudget
    /// How long a client may take for a piece of a large answer.
    let patience: TimeAmount

    /// Shorter answers are not counted: they cost less than the connection that they go out on.
    private static let smallReply = 64 << 10

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let origins = request.headers[values: .origin]
        let origin = origins.count == 1 ? origins[0] : nil
        let start = ContinuousClock.now
        var response: Response
        if let preflight = preflight(request, origin) {
            response = Response(status: .noContent, headers: preflight)
        } else {
            let caller = Caller(address: context.address)
            response = try await Caller.$current.withValue(caller) { try await next(request, context) }
            if let allowance = caller.allowance {
                response.headers.add(allowance.headers(at: Date().timeIntervalSince1970))
            }
            hold(&response, for: caller.environmentID, context)
        }
        // Also where there is no such path.
        if request.method == .head { response = response.createHeadResponse() }
        response.headers.add([("server-timing", "whyops;dur=\(Self.milliseconds(since: start))")])
        if let crossOrigin {
            let names = response.headers.map(\.name.canonicalName)
            response.headers.add(crossOrigin.headers(origin: origin, exposed: names))
        }
        return response
    }

    private func preflight(_ request: Request, _ origin: String?) -> HTTPFields? {
        let fields = crossOrigin?.preflight(
            method: request.method.rawValue,
            origin: origin,
            asksFor: request.headers[.accessControlRequestMethod],
            names: request.headers[.accessControlRequestHeaders]
        )
        guard let fields else { return nil }
        var headers = HTTPFields()
        headers.add(fields)
        return headers
    }

    /// Counts an answer until its last byte is written, or its client has left, and writes it no faster than it is taken.
    private func hold(_ response: inout Response, for environmentID: String?, _ context: Context) {
        let length = response.body.contentLength
        if let length, length <= Self.smallReply { return }
        let room = length.map { replies.room(for: $0, owner: environmentID) }
        if case .some(.none) = room {
            let refusal = Refusal.overloaded("Too many large answers are being read now. Try again in a second.")
            response.status = refusal.response.status
            response.headers[.contentType] = refusal.response.headers[.contentType]
            response.headers[.retryAfter] = refusal.headers[.retryAfter]
            response.headers[.contentLength] = nil
            response.body = refusal.response.body
            return
        }
        let body = response.body
        response.body = ResponseBody(contentLength: length) { [channel = context.channel, patience] writer in
            if let channel {
                try await body.write(PacedBodyWriter(writer, on: channel, patience: patience))
            } else {
                try await body.write(writer)
            }
            // Given back when this function is let go of, which it also is where it never ran.
            withExtendedLifetime(room) {}
        }
    }

    /// With three digits, as the proxy writes it (PRX-50).
    private static func milliseconds(since start: ContinuousClock.Instant) -> String {
        let microseconds = (ContinuousClock.now - start) / .microseconds(1)
        let whole = Int(microseconds.rounded())
        let digits = String(whole % 1000)
        return "\(whole / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}

extension HTTPFields {
    /// Appends fields; names that are none, of which there are none here, are left out.
    fileprivate mutating func add(_ fields: [(name: String, value: String)]) {
        for field in fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            append(HTTPField(name: name, value: field.value))
        }
    }
}

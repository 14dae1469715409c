import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import WhyOps
import WhyOpsStore

/// A reply that ends a request early.
struct Refusal: Error {
    var reply: JSONReply
    var headers: HTTPFields = [:]

    init(_ status: Int, _ error: String, message: String? = nil, outcome: String? = nil, headers: HTTPFields = [:]) {
        self.reply = JSONReply(status: status) { writer in
            writer.member("error", error)
            writer.member("message", message)
            if let outcome { writer.member("outcome", outcome) }
        }
        self.headers = headers
    }

    init(_ reply: JSONReply) {
        self.reply = reply
    }

    /// The rule about ids of another tenant.
    static let foreignTenant = "tenant.mismatch"

    /// Every broken rule of a body (ING-8); ids of another tenant decide the status (ING-19).
    init(_ invalid: InvalidInput) {
        let isForeign = invalid.faults.contains { $0.rule == Self.foreignTenant }
        self.init(isForeign ? 403 : 400, isForeign ? "Tenant mismatch" : "Validation failed", invalid.faults)
    }

    init(faults: [InputFault]) {
        self.init(400, "Validation failed", faults)
    }

    private init(_ status: Int, _ error: String, _ faults: [InputFault]) {
        self.init(
            JSONReply(status: status) { writer in
                writer.member("error", error)
                writer.name("details")
                writer.array { writer in
                    for fault in faults { fault.write(to: &writer) }
                }
            }
        )
    }

    /// A query parameter that cannot be used (ING-13).
    init(parameter name: String, _ message: String) {
        self.init(
            JSONReply(status: 400) { writer in
                writer.member("success", false)
                writer.member("error", "Invalid \(name)")
                writer.member("message", "\(name) \(message)")
            }
        )
    }

    /// A member of a body that cannot be used.
    init(member name: String, rule: String, _ message: String) {
        self.init(faults: [InputFault(path: [.member(name)], rule: rule, code: "custom", message: message)])
    }

    /// ING-10: whoever is told to wait can send the same request again.
    init(_ error: StoreError) {
        if error.code == .requestReused {
            self.init(409, "Idempotency-Key reused", message: error.message)
            return
        }
        if error.code == .refused {
            // ING-119: to send it again is in vain.
            self.init(400, "Refused", message: error.message)
            return
        }
        self.init(
            503,
            error.code == .overloaded ? "Overloaded" : "Store unavailable",
            message: error.message,
            outcome: error.isOutcomeUnknown ? "unknown" : nil,
            headers: [.retryAfter: "1"]
        )
    }

    /// There is no room now.
    static func overloaded(_ message: String) -> Refusal {
        Refusal(503, "Overloaded", message: message, headers: [.retryAfter: "1"])
    }

    static func missing(_ what: String) -> Refusal { Refusal(404, what) }

    static var missingThread: Refusal { unsuccessful("Thread not found") }
    static var missingAgent: Refusal { unsuccessful("Agent not found") }
    static var missingVersion: Refusal { unsuccessful("Entity version not found") }

    private static func unsuccessful(_ error: String) -> Refusal {
        Refusal(
            JSONReply(status: 404) { writer in
                writer.member("success", false)
                writer.member("error", error)
            }
        )
    }

    var response: Response { Response(reply, headers: headers) }
}

extension Response {
    init(_ reply: JSONReply, headers: HTTPFields = [:]) {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        self.init(
            status: HTTPResponse.Status(code: reply.status),
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body))
        )
    }
}

/// Turns everything that a route throws into a JSON reply.
struct RefusalMiddleware: RouterMiddleware {
    typealias Context = IngestServer.Context

    let logger: Logger
    let allowed: AllowedMethods

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as Refusal {
            return refusal.response
        } catch let error as StoreError {
            return Refusal(error).response
        } catch is CancellationError {
            // Nobody waits for it any more.
            return Refusal.overloaded("The request was given up.").response
        } catch let error as any HTTPResponseError {
            switch error.status {
            case .notFound: return (allowed.refusal(of: request) ?? Refusal.missing("Not Found")).response
            case .contentTooLarge: return RequestReader.tooLarge.response
            default: return Refusal(Int(error.status.code), error.status.reasonPhrase).response
            }
        } catch {
            logger.error("request failed", metadata: ["error": "\(type(of: error))"])
            return Refusal(500, "Internal server error").response
        }
    }
}

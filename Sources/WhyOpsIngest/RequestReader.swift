import HTTPTypes
import Hummingbird
import NIOCore
import WhyOps
import WhyOpsStore

/// Reads what every route needs of a request: whose it is, and its body.
struct RequestReader: Sendable {
    let tenants: TenantDirectory
    let maximumBodyBytes: Int
    let budget: BodyBudget

    static var tooLarge: Refusal {
        Refusal(
            413,
            "Payload Too Large",
            message: "The body is longer than this server takes. Send fewer events at once."
        )
    }

    /// The tenant of the request's key (ING-2, ING-3).
    func tenant(of request: Request) async throws -> Tenant {
        guard let key = Self.key(in: request.headers) else {
            throw Self.unauthorized("Send an API key as Authorization: Bearer <key> or X-API-Key: <key>.")
        }
        switch try await tenants.access(forKey: key) {
        case .granted(let grant): return grant.tenant
        case .unknown: throw Self.unauthorized("The API key is not known.")
        case .expired: throw Self.unauthorized("The API key has expired.")
        case .revoked: throw Self.unauthorized("The API key has been revoked.")
        case .projectInactive: throw Self.unauthorized("The project of the API key is not active.")
        case .environmentInactive: throw Self.unauthorized("The environment of the API key is not active.")
        }
    }

    private static func unauthorized(_ message: String) -> Refusal {
        Refusal(
            401,
            "Unauthorized: Authentication required",
            message: message,
            headers: [.wwwAuthenticate: "Bearer"]
        )
    }

    /// A bearer token wins over `X-API-Key`, also when it is wrong.
    private static func key(in headers: HTTPFields) -> String? {
        let scheme = "Bearer "
        if let authorization = headers[.authorization], authorization.hasPrefix(scheme) {
            return trimmed(authorization.dropFirst(scheme.count))
        }
        guard let name = HTTPField.Name("X-API-Key"), let key = headers[name] else { return nil }
        return trimmed(key[...])
    }

    private static func trimmed(_ text: Substring) -> String? {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var text = text.drop(while: blank)
        while let last = text.last, blank(last) { text.removeLast() }
        return text.isEmpty ? nil : String(text)
    }

    /// The bytes of a JSON body (ING-6).
    func body(of request: Request) async throws -> RequestBody {
        try await withBody(of: request) { $0 }
    }

    /// The JSON of a body (ING-7).
    func document(of request: Request) async throws -> JSONDocument {
        let body = try await body(of: request)
        do throws(JSONFault) {
            return try JSONDocument(body.bytes)
        } catch {
            throw Refusal(JSONReply(error))
        }
    }
}

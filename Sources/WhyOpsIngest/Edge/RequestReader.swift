import HTTPTypes
import Hummingbird
import NIOCore
import WhyOps
import WhyOpsEdge
import WhyOpsStore

/// Reads what every route needs of a request: whose it is, and its body.
struct RequestReader: Sendable {
    let door: Door
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
            throw Door.unauthorized("Send an API key as Authorization: Bearer <key> or X-API-Key: <key>.")
        }
        return try await door.tenant(forKey: key)
    }

    /// A bearer token wins over `X-API-Key`, also when it is wrong, but not when it is empty.
    private static func key(in headers: HTTPFields) -> String? {
        let scheme = "Bearer "
        if let authorization = headers[.authorization], authorization.hasPrefix(scheme),
            let key = trimmed(authorization.dropFirst(scheme.count))
        {
            return key
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

    /// The JSON of a body (ING-6, ING-7).
    func document(of request: Request) async throws -> JSONDocument {
        try await withBody(of: request) { try Self.document($0) }
    }

    /// The JSON of a body that was read (ING-7).
    static func document(_ body: RequestBody) throws -> JSONDocument {
        do throws(JSONFault) {
            return try JSONDocument(body.bytes)
        } catch {
            throw Refusal(JSONReply(error))
        }
    }
}

import HTTPTypes
import Hummingbird
import NIOCore

/// The page on which a person sees what agents did. It holds no data: it calls the interface with the reader's key.
struct ViewerRoutes: Sendable {
    private static let files = Dictionary(uniqueKeysWithValues: ViewerFiles.all.map { ($0.name, $0) })

    /// What captured text could run or load, even if the page had a hole: nothing (VIEW-1).
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// What every answer under these paths has, a refusal too.
    private static var headers: HTTPFields {
        var headers: HTTPFields = [
            .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff", .cacheControl: "no-cache",
        ]
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
        if let name = HTTPField.Name("Cross-Origin-Opener-Policy") { headers[name] = "same-origin" }
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { headers[name] = "same-origin" }
        return headers
    }

    func add(to router: Router<IngestServer.Context>) {
        for method in [HTTPRequest.Method.get, .head] {
            router.on("/", method: method) { request, _ in try answer("index.html", to: request) }
            router.on("viewer/{name}", method: method) { request, context in
                try answer(context.parameters.get("name"), to: request)
            }
        }
    }

    private func answer(_ name: String?, to request: Request) throws -> Response {
        var headers = Self.headers
        guard let name, let file = Self.files[name] else {
            var refusal = Refusal.missing("Not Found")
            refusal.headers = headers
            throw refusal
        }
        headers[.eTag] = file.entityTag
        if file.matches(request.headers[.ifNoneMatch]) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.mediaType
        guard request.method != .head else {
            headers[.contentLength] = String(file.bytes.count)
            return Response(status: .ok, headers: headers)
        }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes))
        )
    }
}

import HTTPTypes
import NIOHTTP1
import WhyOpsCommand
import WhyOpsIngest

/// The routes of ingest over a store that this process has open.
struct LocalService: IngestPlace {
    let name: String
    let routes: LocalIngest

    func ask(_ method: HTTPMethod, _ path: String, body: [UInt8]?, limit: Int) async throws -> (
        status: Int, body: [UInt8]
    ) {
        let answer = Answer()
        var headers: HTTPFields = [:]
        if body != nil { headers[.contentType] = "application/json" }
        let status = try await routes.ask(
            HTTPRequest.Method(rawValue: method.rawValue) ?? .get,
            path,
            headers: headers,
            body: body ?? []
        ) { try await answer.add($0, limit: limit) }
        return (status, await answer.bytes)
    }

    func listen(
        _ path: String,
        lastEventID: String?,
        _ body: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var headers: HTTPFields = [.accept: "text/event-stream"]
        if let lastEventID, let name = HTTPField.Name("Last-Event-ID") { headers[name] = lastEventID }
        let status = try await routes.ask(.get, path, headers: headers, part: body)
        guard status == 200 else { throw StreamRefusal(status: status) }
    }
}

/// What comes part by part.
private actor Answer {
    private(set) var bytes: [UInt8] = []

    func add(_ part: [UInt8], limit: Int) throws {
        guard bytes.count + part.count <= limit else { throw AnswerTooLong() }
        bytes += part
    }
}

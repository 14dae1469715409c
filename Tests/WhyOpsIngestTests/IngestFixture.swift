import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import WhyOps
import WhyOpsIngest
import WhyOpsStore

/// What came back.
struct Reply {
    let status: Int
    let bytes: [UInt8]
    let headers: HTTPFields

    var text: String { String(decoding: bytes, as: UTF8.self) }

    subscript(_ name: StaticString) -> JSONValue? { json?[name] }

    var json: JSONValue? { try? JSONDocument(bytes).root }

    /// `details` of a 400 as `pointer rule`.
    var faults: [String] {
        (self["details"]?.children ?? []).map { "\($0["pointer"]?.string ?? "?") \($0["rule"]?.string ?? "?")" }
    }
}

/// Sends requests to a server under test.
struct IngestClient {
    static let key = "YOPS-test-key-0001"
    static let otherKey = "any characters ~!@# at all"

    let client: any TestClientProtocol

    func send(
        _ method: HTTPRequest.Method,
        _ uri: String,
        body: String? = nil,
        key: String? = key,
        type: String? = "application/json",
        headers: [String: String] = [:]
    ) async throws -> Reply {
        var fields: HTTPFields = [:]
        if let key { fields[.authorization] = "Bearer \(key)" }
        if body != nil, let type { fields[.contentType] = type }
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let response = try await client.executeRequest(
            uri: uri,
            method: method,
            headers: fields,
            body: body.map { ByteBuffer(string: $0) }
        )
        return Reply(
            status: response.status.code,
            bytes: Array(response.body.readableBytesView),
            headers: response.headers
        )
    }

    func post(_ uri: String, _ body: String, headers: [String: String] = [:]) async throws -> Reply {
        try await send(.post, uri, body: body, headers: headers)
    }

    func get(_ uri: String, key: String? = key) async throws -> Reply {
        try await send(.get, uri, key: key)
    }
}

/// Runs a server without a socket over a store of its own.
func withIngest(
    maximumBodyBytes: Int = 10 << 20,
    maximumHeldBytes: Int = 64 << 20,
    _ body: @escaping @Sendable (IngestClient) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "whyops-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let store = try await SQLiteStore.open(path: directory.appending(path: "store.sqlite").path)
    try await store.bootstrapKey(IngestClient.key)
    try await store.bootstrapKey(IngestClient.otherKey, environment: "STAGING")
    let server = IngestServer(
        configuration: IngestConfiguration(
            port: 0,
            maximumBodyBytes: maximumBodyBytes,
            maximumHeldBytes: maximumHeldBytes
        ),
        store: store
    )
    try await server.makeApplication().test(.router) { client in
        try await body(IngestClient(client: client))
    }
    try await store.close()
}

/// Reads the conformance files of this repository.
func vectors(_ path: String, from file: String = #filePath) -> [JSONValue] {
    var root = URL(filePath: file)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    guard let data = try? Data(contentsOf: root.appending(path: "Conformance/vectors/\(path)")) else { return [] }
    return (try? JSONDocument(Array(data)).root["cases"]?.children) ?? []
}

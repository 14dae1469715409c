import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing
import WhyOps
import WhyOpsIngest
import WhyOpsStore

@Suite struct ServerTests {
    @Test func serverListensAndTellsItsPort() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "whyops-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await SQLiteStore.open(path: directory.appending(path: "store.sqlite").path)
        try await store.bootstrapKey(IngestClient.key)
        let server = IngestServer(configuration: IngestConfiguration(port: 0), store: store)
        let told = Mutex(0)
        try await server.makeApplication(onReady: { port in told.withLock { $0 = port } }).test(.live) { client in
            let ingest = IngestClient(client: client)
            let saved = try await ingest.post(
                "/api/events/ingest",
                #"{"eventType":"error","traceId":"t","agentName":"a"}"#
            )
            #expect(saved.status == 202)
            let thread = try await ingest.get("/api/threads/t")
            #expect(thread["eventCount"]?.integer == 1)
            #expect(told.withLock { $0 } == client.port)
        }
        try await store.close()
    }

    @Test func closedStoreIsUnavailable() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "whyops-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await SQLiteStore.open(path: directory.appending(path: "store.sqlite").path)
        try await store.bootstrapKey(IngestClient.key)
        _ = try await store.tenant(forKey: IngestClient.key)
        try await store.close()
        let server = IngestServer(configuration: IngestConfiguration(port: 0), store: store)
        try await server.makeApplication().test(.router) { client in
            let ingest = IngestClient(client: client)
            let reply = try await ingest.post("/api/events", #"{"eventType":"error","traceId":"t","agentName":"a"}"#)
            #expect(reply.status == 503)
            #expect(reply.headers[.retryAfter] == "1")
            let ready = try await ingest.get("/api/health/ready", key: nil)
            #expect(ready.status == 503)
            let health = try await ingest.get("/api/health", key: nil)
            #expect(health["status"]?.string == "degraded")
        }
    }

    @Test func registrationThatCannotBeWrittenMayBeSentAgain() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "whyops-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await SQLiteStore.open(path: directory.appending(path: "store.sqlite").path)
        try await store.bootstrapKey(IngestClient.key)
        let server = IngestServer(configuration: IngestConfiguration(port: 0), store: store)
        try await server.makeApplication().test(.router) { client in
            let ingest = IngestClient(client: client)
            // From here on the key is known without the store.
            #expect(try await ingest.get("/api/threads").status == 200)
            try await store.close()
            let body = #"{"agentName":"a","metadata":{"systemPrompt":"p","tools":[]}}"#
            let reply = try await ingest.post("/api/entities/init", body)
            #expect(reply.status == 503)
            #expect(reply["error"]?.string == "Failed to initialize agent")
            #expect(reply.headers[.retryAfter] == "1")
        }
    }
}

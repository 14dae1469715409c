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

    /// ING-131: what a client does not take counts against the next one only for a while.
    @Test func aClientThatTakesNothingLosesItsConnection() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "whyops-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await SQLiteStore.open(path: directory.appending(path: "store.sqlite").path)
        try await store.bootstrapKey(IngestClient.key)
        var configuration = IngestConfiguration(port: 0)
        configuration.maximumReplyBytes = 1 << 20
        configuration.idleTimeout = 15
        let server = IngestServer(configuration: configuration, store: store)
        try await server.makeApplication().test(.live) { client in
            let ingest = IngestClient(client: client)
            let text = String(repeating: "x", count: 8 << 20)
            for number in 0..<2 {
                let event =
                    #"{"eventType":"error","traceId":"large","agentName":"a","content":{"m":"\#(number)\#(text)"}}"#
                #expect(try await ingest.post("/api/events", event).status == 201)
            }
            let target = "/api/threads/large?eventInclude=content"
            let silent = try SilentClient(port: #require(client.port), target: target, key: IngestClient.key)
            defer { silent.close() }
            // Who asks first has the room, so the one that takes nothing must have it before anybody else asks.
            #expect(await silent.firstBytes() == "HTTP/1.1 200")
            func status() async throws -> Int { try await ingest.get(target).status }
            try await eventually { try await status() == 503 }
            try await eventually { try await status() == 200 }
        }
        try await store.close()
    }

    private func eventually(_ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while try await !condition() {
            try #require(ContinuousClock.now < end)
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// A client that asks for something and then takes none of it.
private struct SilentClient {
    private let descriptor: Int32

    init(port: Int, target: String, key: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var room: Int32 = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let head = "GET \(target) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(key)\r\n\r\n"
        try #require(connected == 0 && write(descriptor, head, head.utf8.count) == head.utf8.count)
    }

    /// As much of the answer as says that it has begun.
    func firstBytes() async -> String {
        await withCheckedContinuation { continuation in
            // It waits for the server, whose tasks need the threads of this one.
            Thread.detachNewThread { [descriptor] in
                var bytes = [UInt8](repeating: 0, count: 12)
                var count = 0
                while count < bytes.count {
                    let more = bytes[count...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                    if more <= 0 { break }
                    count += more
                }
                continuation.resume(returning: String(decoding: bytes[..<count], as: UTF8.self))
            }
        }
    }

    func close() { Foundation.close(descriptor) }
}

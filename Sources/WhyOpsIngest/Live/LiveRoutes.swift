import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import WhyOps
import WhyOpsStore

/// New and changed traces as server-sent events (ING-56 to ING-59).
struct LiveRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    let feed: ThreadFeed
    /// Who shows the thread that is named as the stream is.
    let threads: ThreadRoutes

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/threads/stream") { request, _ in
            if Self.isThreadWanted(request.headers) { return try await threads.detail("stream", request) }
            return try await stream(request)
        }
    }

    private func stream(_ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let include = try QueryParameters(request).list("include")
        let since = Self.lastID(in: request.headers)
        guard let listening = feed.listen(tenant) else {
            throw Refusal(
                503,
                "Overloaded",
                message: "Too many streams are open. Close some, or try again later.",
                headers: [.retryAfter: "10"]
            )
        }
        // Read after the listening began, so that nothing falls between the two; what is in both is told twice.
        let missed = try await missed(since: since, tenant)
        let start = since ?? Moment.now
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                let isNeeded = ThreadJSON.needsDefinition(include)
                var definitions = DefinitionCache(store: store, tenant: tenant, isNeeded: isNeeded)
                try await writer.write(Self.event("ready", id: start.text, Array("{}".utf8)))
                for message in missed {
                    let message = await definitions.complete(message)
                    try await writer.write(Self.bytes(of: message, include: include, tenant: tenant))
                }
                telling: for await _ in listening.mailbox.signals.cancelOnGracefulShutdown() {
                    for message in listening.mailbox.take() {
                        if case .beat = message, await !isStillIn(request) { break telling }
                        let message = await definitions.complete(message)
                        try await writer.write(Self.bytes(of: message, include: include, tenant: tenant))
                    }
                }
                try await writer.finish(nil)
            }
        )
    }

    /// ING-59: a key that is let in no longer ends the stream; a store that does not answer does not.
    private func isStillIn(_ request: Request) async -> Bool {
        do {
            _ = try await access.tenant(of: request)
            return true
        } catch is Refusal {
            return false
        } catch {
            return true
        }
    }

    /// ING-74: who accepts JSON and no events wants a thread.
    private static func isThreadWanted(_ headers: HTTPFields) -> Bool {
        let accepted = (headers[.accept] ?? "").lowercased()
        return accepted.contains("application/json") && !accepted.contains("text/event-stream")
    }

    private static func lastID(in headers: HTTPFields) -> Timestamp? {
        HTTPField.Name("Last-Event-ID").flatMap { headers[$0] }.flatMap { Timestamp($0) }
    }

    /// What changed since a listener was here last (ING-57).
    private func missed(since: Timestamp?, _ tenant: Tenant) async throws -> [ThreadFeed.Message] {
        guard let since else { return [] }
        let threads = try await store.changedThreads(
            since: Timestamp(milliseconds: since.milliseconds - ThreadFeed.overlap),
            limit: ThreadFeed.changeLimit,
            tenant: tenant
        )
        let changes = threads.map { ThreadFeed.Message.changed($0) }
        return threads.count == ThreadFeed.changeLimit ? [.gap] + changes : changes
    }

    private static func bytes(
        of message: ThreadFeed.Message,
        include: Set<String>,
        tenant: Tenant
    ) -> ByteBuffer {
        switch message {
        case .beat: return ByteBuffer(string: ":\n\n")
        case .gap: return event("gap", id: nil, Array("{}".utf8))
        case .changed(let thread):
            var writer = JSONWriter()
            writer.object { writer in
                ThreadJSON.writeItem(of: thread, include: include, tenant: tenant, to: &writer)
            }
            return event("trace", id: thread.lastActivity, writer.bytes)
        }
    }

    /// Our JSON has no line break, so that one line holds it; what is stored may have some between its tokens.
    private static func event(_ name: String, id: String?, _ data: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\n")
        if let id { buffer.writeString("id: \(id)\n") }
        for line in data.split(omittingEmptySubsequences: true, whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            buffer.writeString("data: ")
            buffer.writeBytes(line)
            buffer.writeString("\n")
        }
        buffer.writeString("\n")
        return buffer
    }
}

/// The definitions of agents' versions, for streams whose client wants something of them: changes come without.
private struct DefinitionCache {
    /// Bytes that are kept for one stream.
    private static let limit = 1 << 20

    let store: any IngestStore
    let tenant: Tenant
    let isNeeded: Bool
    private var known: [String: [UInt8]] = [:]
    private var knownBytes = 0

    init(store: any IngestStore, tenant: Tenant, isNeeded: Bool) {
        self.store = store
        self.tenant = tenant
        self.isNeeded = isNeeded
    }

    /// The message with the definition of its thread's version; as it is where that cannot be read.
    mutating func complete(_ message: ThreadFeed.Message) async -> ThreadFeed.Message {
        guard isNeeded, case .changed(var thread) = message else { return message }
        let id = thread.agentVersionID
        if let definition = known[id] {
            thread.agentMetadata = definition
        } else if let metadata = try? await store.version(id: id, tenant: tenant)?.metadata {
            if knownBytes + metadata.count > Self.limit {
                known.removeAll()
                knownBytes = 0
            }
            if metadata.count <= Self.limit {
                known[id] = metadata
                knownBytes += metadata.count
            }
            thread.agentMetadata = metadata
        }
        return .changed(thread)
    }
}

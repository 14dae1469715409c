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

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/threads/stream") { request, _ in
            let tenant = try await access.tenant(of: request)
            let include = try QueryParameters(request).list("include")
            guard let messages = feed.listen(tenant) else {
                throw Refusal(
                    503,
                    "Overloaded",
                    message: "Too many streams are open. Close some, or try again later.",
                    headers: [.retryAfter: "10"]
                )
            }
            let since = Self.lastID(in: request.headers)
            // Read after the listening began, so that nothing falls between the two; what is in both is told twice.
            let missed = try await missed(since: since, tenant)
            let start = since ?? Moment.now
            return Response(
                status: .ok,
                headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
                body: ResponseBody { writer in
                    try await writer.write(Self.event("ready", id: start.text, Array("{}".utf8)))
                    for message in missed {
                        try await writer.write(Self.bytes(of: message, include: include, tenant: tenant))
                    }
                    for await message in messages.cancelOnGracefulShutdown() {
                        if case .beat = message, await !isStillIn(request) { break }
                        try await writer.write(Self.bytes(of: message, include: include, tenant: tenant))
                    }
                    try await writer.finish(nil)
                }
            )
        }
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

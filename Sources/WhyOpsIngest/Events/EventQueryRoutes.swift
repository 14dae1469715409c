import Hummingbird
import WhyOps
import WhyOpsStore

/// The routes that show events.
struct EventQueryRoutes: Sendable {
    let access: RequestReader
    let store: any Store

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/events") { request, _ in try await list(request) }
        router.get("api/events/{id}") { request, context in
            let tenant = try await access.tenant(of: request)
            let query = try QueryParameters(request)
            guard let id = context.name("id"), let stored = try await store.event(id: id, tenant: tenant) else {
                throw Refusal.missing("Event not found")
            }
            var writer = JSONWriter()
            EventJSON(include: query.list("include"), withView: try query.view(), tenant: tenant).write(
                stored,
                to: &writer
            )
            return Response(JSONReply(status: 200, body: writer.bytes))
        }
    }

    private func list(_ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let page = PageRequest(
            limit: try query.integer("limit", default: 100, in: 1...200),
            offset: try query.integer("offset", default: 0, in: 0...1_000_000_000),
            parts: EventParts(include: query.list("include"), withView: try query.view())
        )
        let events = try await store.events(
            matching: EventQuery(
                traceId: query["traceId"] ?? query["threadId"],
                providerId: query["providerId"],
                page: page
            ),
            tenant: tenant
        )
        let form = EventJSON(include: query.list("include"), withView: try query.view(), tenant: tenant)
        return Response(
            JSONReply(status: 200) { writer in
                writer.name("events")
                writer.array { writer in
                    for event in events.items { form.write(event, to: &writer) }
                }
                writer.name("pagination")
                writer.page(page, total: events.total, count: events.items.count)
            }
        )
    }
}

extension EventParts {
    /// What a reply needs: only that is read.
    init(include: Set<String>, withView: Bool) {
        self = []
        if withView || include.contains("content") { insert(.content) }
        if include.contains("metadata") { insert(.metadata) }
    }
}

/// An event as the event routes show it.
struct EventJSON {
    let include: Set<String>
    let withView: Bool
    let tenant: Tenant

    func write(_ stored: StoredEvent, to writer: inout JSONWriter) {
        let event = stored.event
        writer.object { writer in
            writer.member("id", stored.id)
            writer.member("traceId", event.traceId)
            writer.member("spanId", event.spanId)
            writer.member("stepId", event.stepId)
            writer.nullable("parentStepId", event.parentStepId)
            writer.member("eventType", event.eventType.rawValue)
            writer.member("timestamp", event.timestamp)
            // ING-12: there are no user accounts; the project owns what is stored.
            writer.member("userId", tenant.projectID)
            writer.nullable("providerId", event.providerId)
            writer.member("agentName", event.agentName)
            writer.member("agentId", stored.agentID)
            writer.member("agentVersionId", stored.agentVersionID)
            writer.member("externalUserId", event.externalUserId)
            writer.member("idempotencyKey", event.idempotencyKey)
            writer.member("createdAt", stored.createdAt)
            if withView { writer.view(of: event) }
            if include.contains("content") { writer.member("content", raw: event.content) }
            if include.contains("metadata") { writer.member("metadata", raw: event.metadata ?? Array("{}".utf8)) }
        }
    }
}

extension JSONWriter {
    /// Writes a member whose value may be `null`.
    mutating func nullable(_ name: String, _ text: String?) {
        self.name(name)
        if let text { string(text) } else { null() }
    }

    /// Writes a member whose value may be `null`.
    mutating func nullable(_ name: String, _ value: Int?) {
        self.name(name)
        if let value { integer(value) } else { null() }
    }

    /// Writes which part of a list was shown.
    mutating func page(_ page: PageRequest, total: Int, count: Int) {
        object { writer in
            writer.member("total", total)
            writer.member("limit", page.limit)
            writer.member("offset", page.offset)
            writer.member("hasMore", page.offset + count < total)
        }
    }
}

import Hummingbird
import WhyOps
import WhyOpsStore

/// The routes that show traces, which this interface calls threads.
struct ThreadRoutes: Sendable {
    let access: RequestReader
    let store: any Store

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/threads") { request, _ in try await list(request) }
        router.get("api/threads/{traceId}") { request, context in
            try await detail(context.name("traceId"), request)
        }
    }

    private func list(_ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let page = try query.integer("page", default: 1, in: 1...10_000_000)
        let count = try query.integer("count", default: 20, in: 1...100)
        let threads = try await store.threads(
            matching: ThreadQuery(
                agentName: query["agentName"],
                agentID: query["agentId"],
                externalUserId: query["externalUserId"],
                startDate: try query.date("startDate"),
                endDate: try query.date("endDate", isEnd: true),
                page: PageRequest(limit: count, offset: (page - 1) * count)
            ),
            tenant: tenant
        )
        let include = query.list("include")
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.name("threads")
                writer.array { writer in
                    for thread in threads.items {
                        writer.object { writer in
                            ThreadJSON.writeHead(of: thread, include: include, tenant: tenant, to: &writer)
                            writer.member("eventCount", thread.eventCount)
                        }
                    }
                }
                writer.name("pagination")
                writer.object { writer in
                    let pages = (threads.total + count - 1) / count
                    writer.member("total", threads.total)
                    writer.member("count", count)
                    writer.member("page", page)
                    writer.member("totalPages", pages)
                    writer.member("hasMore", page < pages)
                }
            }
        )
    }

    /// ING-14: a thread of another tenant is as missing as one that never was.
    private func detail(_ traceId: String?, _ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let page = PageRequest(
            limit: try query.integer("eventLimit", default: 200, in: 1...1000),
            offset: try query.integer("eventOffset", default: 0, in: 0...1_000_000_000)
        )
        guard let traceId, let detail = try await store.thread(traceId, events: page, tenant: tenant) else {
            throw Refusal.missingThread
        }
        let form = ThreadJSON(
            detail: detail,
            page: page,
            include: query.list("include"),
            eventInclude: query.list("eventInclude"),
            tenant: tenant
        )
        return Response(JSONReply(status: 200) { form.write(to: &$0) })
    }
}

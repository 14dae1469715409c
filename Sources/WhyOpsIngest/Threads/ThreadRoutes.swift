import HTTPTypes
import Hummingbird
import WhyOps
import WhyOpsStore

/// The routes that show traces, which this interface calls threads.
struct ThreadRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    let prices: PriceTable

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/threads") { request, context in try await list(request, context) }
        router.get("api/threads/{traceId}") { request, context in
            try await detail(context.name("traceId"), request)
        }
    }

    private func list(_ request: Request, _ context: IngestContext) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let page = try query.integer("page", default: 1, in: 1...10_000_000)
        let count = try query.integer("count", default: 20, in: 1...100)
        let include = query.list("include")
        var wanted = try self.query(query, PageRequest(limit: count, offset: (page - 1) * count))
        wanted.wantsDefinition = ThreadJSON.needsDefinition(include)
        var search: ThreadSearch?
        let threads: Page<StoredThread>
        if let text = query["q"] {
            // Not graphemes, of which one may have any length.
            guard text.unicodeScalars.count <= 200 else {
                throw Refusal(parameter: "q", "must have at most 200 Unicode scalar values")
            }
            let found = try await request.whileConnected(context) { [wanted] in
                try await store.searchThreads(text, matching: wanted, tenant: tenant)
            }
            (search, threads) = (found, found.page)
        } else {
            threads = try await store.threads(matching: wanted, tenant: tenant)
        }
        let headers: HTTPFields = search == nil ? [:] : [.connection: "close"]
        return Response(
            JSONReply(status: 200) { [search] writer in
                writer.member("success", true)
                writer.name("threads")
                writer.array { writer in
                    for thread in threads.items {
                        writer.object { writer in
                            ThreadJSON.writeItem(of: thread, include: include, tenant: tenant, to: &writer)
                        }
                    }
                }
                writer.pages(NumberedPage(number: page, count: count), total: threads.total, hasMore: threads.hasMore)
                if let search {
                    writer.name("search")
                    writer.object { writer in
                        writer.member("threads", search.searched)
                        writer.member("isComplete", search.isComplete)
                    }
                }
            },
            headers: headers
        )
    }

    private func query(_ query: QueryParameters, _ page: PageRequest) throws -> ThreadQuery {
        var wanted = ThreadQuery(
            agentName: query["agentName"],
            agentID: query["agentId"],
            externalUserId: query["externalUserId"],
            startDate: try query.date("startDate"),
            endDate: try query.date("endDate", isEnd: true),
            page: page
        )
        wanted.agentVersionID = query["agentVersionId"]
        wanted.providerId = query["providerId"]
        wanted.model = query["model"]
        wanted.hasErrors = try query.flag("hasErrors")
        return wanted
    }

    /// ING-14: a thread of another tenant is as missing as one that never was.
    func detail(_ traceId: String?, _ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let page = PageRequest(
            limit: try query.integer("eventLimit", default: 200, in: 1...1000),
            offset: try query.integer("eventOffset", default: 0, in: 0...1_000_000_000),
            parts: EventParts(include: query.list("eventInclude"), withView: try query.view())
        )
        guard let traceId, let detail = try await store.thread(traceId, events: page, tenant: tenant) else {
            throw Refusal.missingThread
        }
        var usage = UsageQuery()
        usage.traceId = traceId
        usage.promptLengths = prices.promptLengths
        let cost = ThreadCost(try await store.usage(matching: usage, tenant: tenant), prices)
        let form = ThreadJSON(
            detail: detail,
            cost: cost,
            withView: try query.view(),
            page: page,
            include: query.list("include"),
            eventInclude: query.list("eventInclude"),
            tenant: tenant
        )
        return Response(JSONReply(status: 200) { form.write(to: &$0) })
    }
}

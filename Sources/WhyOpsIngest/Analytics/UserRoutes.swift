import Hummingbird
import WhyOps
import WhyOpsStore

/// What each external user used (ING-66).
struct UserRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    let prices: PriceTable

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/users") { request, _ in
            let tenant = try await access.tenant(of: request)
            let query = try QueryParameters(request)
            return try await list(query, agentID: query["agentId"], tenant)
        }
        router.get("api/entities/{id}/user-distribution") { request, context in
            let tenant = try await access.tenant(of: request)
            let query = try QueryParameters(request)
            guard let id = context.name("id"), try await store.agent(id: id, parts: [], tenant: tenant) != nil else {
                throw Refusal.missingAgent
            }
            return try await list(query, agentID: id, tenant)
        }
    }

    private func list(_ query: QueryParameters, agentID: String?, _ tenant: Tenant) async throws -> Response {
        let page = try query.page()
        let start = try query.date("startDate")
        let end = try query.date("endDate", isEnd: true)
        let users = try await store.users(
            matching: UserQuery(agentID: agentID, startDate: start, endDate: end, page: page.request),
            tenant: tenant
        )
        var usage = UsageQuery(grouping: .user)
        usage.agentID = agentID
        usage.users = users.items.map(\.externalUserId)
        usage.promptLengths = prices.promptLengths
        usage.startDate = start
        usage.endDate = end
        var figures: [ExactText?: UsageFigures] = [:]
        if !users.items.isEmpty {
            for row in try await store.usage(matching: usage, tenant: tenant) {
                figures[row.group.map { ExactText($0) }, default: UsageFigures()].add(row, prices)
            }
        }
        return Response(
            JSONReply(status: 200) { [figures] writer in
                writer.member("success", true)
                writer.name("users")
                writer.array { writer in
                    for user in users.items {
                        writer.object { writer in
                            writer.nullable("externalUserId", user.externalUserId)
                            writer.member("traceCount", user.traceCount)
                            writer.member("eventCount", user.eventCount)
                            writer.member("totalTokens", user.totalTokens)
                            writer.member("errorCount", user.errorCount)
                            writer.member(
                                "totalCost",
                                UsageFigures.dollars(figures[user.externalUserId.map { ExactText($0) }]?.cost ?? 0)
                            )
                            writer.member("lastActive", user.lastActive)
                        }
                    }
                }
                writer.pages(page, total: users.total)
            }
        )
    }
}

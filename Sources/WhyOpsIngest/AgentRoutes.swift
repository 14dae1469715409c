import Hummingbird
import WhyOpsStore

/// Registration of agents; the proxy offers the same under another path (AGT-10).
struct AgentRoutes: Sendable {
    let access: RequestReader
    let store: any Store

    func add(to router: Router<IngestServer.Context>) {
        router.post("api/entities/init") { request, _ in
            let tenant = try await access.tenant(of: request)
            let body = try await access.body(of: request)
            return Response(await AgentInit.reply(to: body, tenant: tenant, store: store))
        }
    }
}

import Hummingbird
import WhyOps
import WhyOpsStore

/// Whether the service is up, for people and for load balancers (ING-1).
struct HealthRoutes: Sendable {
    let probe: HealthProbe
    /// What keeps the store (STO-9).
    let engine: String
    let counters: IngestCounters

    func add(to router: Router<IngestServer.Context>) {
        router.get("health") { _, _ in await health() }
        router.get("api/health") { _, _ in await health() }
        router.get("api/health/ready") { _, _ in await ready() }
    }

    private func health() async -> Response {
        let isHealthy = await probe.isHealthy()
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("status", isHealthy ? "healthy" : "degraded")
                writer.member("service", "whyops-analyse")
                writer.member("version", "1.0.0")
                writer.member("database", isHealthy ? "connected" : "disconnected")
                writer.member("engine", engine)
                writer.member("timestamp", Identifiers.now())
                writer.member("ignoredTenantIds", counters.ignoredTenantIds)
            }
        )
    }

    private func ready() async -> Response {
        guard await probe.isHealthy() else {
            return Response(
                JSONReply(status: 503) { writer in
                    writer.member("status", "not ready")
                    writer.member("error", "Database unavailable")
                }
            )
        }
        return Response(JSONReply(status: 200) { $0.member("status", "ready") })
    }
}

import Hummingbird
import WhyOps
import WhyOpsStore

/// The route that says what is wrong with a trace.
struct FindingRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    /// Each analysis may hold the figures of a hundred thousand events (ING-117).
    let gate: FairGate

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/threads/{traceId}/findings") { request, context in
            let tenant = try await access.tenant(of: request)
            let query = try QueryParameters(request)
            let least = try severity(query["minSeverity"])
            guard let traceId = context.name("traceId") else { throw Refusal.missingThread }
            let found = try await request.whileConnected(context) {
                try await gate.run(for: tenant.environmentID) {
                    try await store.findings(of: traceId, tenant: tenant)
                }
            }
            guard let findings = found else { throw Refusal.missingThread }
            return Response(
                JSONReply(status: 200) { writer in
                    writer.member("success", true)
                    writer.name("analysis")
                    writer.object { writer in
                        writer.member("traceId", traceId)
                        findings.writeMembers(to: &writer, atLeast: least)
                    }
                },
                headers: [.connection: "close"]
            )
        }
    }

    private func severity(_ name: String?) throws -> FindingSeverity {
        guard let name else { return .low }
        guard let severity = FindingSeverity(name: name) else {
            throw Refusal(parameter: "minSeverity", "must be low, medium, high or critical")
        }
        return severity
    }
}

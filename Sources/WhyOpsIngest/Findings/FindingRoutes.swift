import Hummingbird
import WhyOps
import WhyOpsStore

/// The route that says what is wrong with a trace.
struct FindingRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    /// Analyses at once: each may hold the figures of a hundred thousand events.
    private let slots = FindingSlots(limit: 8)

    init(access: RequestReader, store: any IngestStore) {
        self.access = access
        self.store = store
    }

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/threads/{traceId}/findings") { request, context in
            let tenant = try await access.tenant(of: request)
            let query = try QueryParameters(request)
            let least = try severity(query["minSeverity"])
            guard let traceId = context.name("traceId") else { throw Refusal.missingThread }
            guard slots.take() else {
                throw Refusal(StoreError(.overloaded, "Too many traces are being analysed at once."))
            }
            defer { slots.give() }
            guard let findings = try await store.findings(of: traceId, tenant: tenant) else {
                throw Refusal.missingThread
            }
            return Response(
                JSONReply(status: 200) { writer in
                    writer.member("success", true)
                    writer.name("analysis")
                    writer.object { writer in
                        writer.member("traceId", traceId)
                        findings.writeMembers(to: &writer, atLeast: least)
                    }
                }
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

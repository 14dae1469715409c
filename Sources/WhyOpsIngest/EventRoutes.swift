import HTTPTypes
import Hummingbird
import WhyOps
import WhyOpsStore

/// The routes that take events.
struct EventRoutes: Sendable {
    let access: RequestReader
    let store: any Store
    let counters: IngestCounters

    /// Events in one request (ING-9).
    static let maximumEvents = 1000

    func add(to router: Router<IngestServer.Context>) {
        router.post("api/events/ingest") { request, _ in
            let (reading, _) = try await receive(request)
            return Response(
                JSONReply(status: 202) { writer in
                    writer.member("success", true)
                    writer.member("accepted", true)
                    writer.member("queuedCount", reading.events.count)
                }
            )
        }
        router.post("api/events") { request, _ in
            try await results(request)
        }
        router.post("api/events/tool-result") { request, _ in
            try await results(request, fixedType: .toolCallResponse)
        }
        router.get("api/events/help") { _, _ in EventHelp.response }
    }

    private func results(_ request: Request, fixedType: EventType? = nil) async throws -> Response {
        let (reading, results) = try await receive(request, fixedType: fixedType)
        var writer = JSONWriter()
        if reading.isBatch {
            writer.array { writer in
                for result in results { write(result, to: &writer) }
            }
        } else if let result = results.first {
            write(result, to: &writer)
        }
        return Response(JSONReply(status: 201, body: writer.bytes))
    }

    private func write(_ result: AppendResult, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", result.id)
            writer.member("status", result.status.rawValue)
            writer.member("stepId", result.stepId)
            writer.member("parentStepId", result.parentStepId)
            writer.member("spanId", result.spanId)
            writer.member("message", result.message)
        }
    }

    /// Reads, checks and stores; returns once everything is durable (ING-4).
    private func receive(
        _ request: Request,
        fixedType: EventType? = nil
    ) async throws -> (reading: EventValidator.Reading, results: [AppendResult]) {
        let tenant = try await access.tenant(of: request)
        let validator = EventValidator(
            fixedType: fixedType,
            profile: try QueryParameters(request).profile,
            tenant: EventTenant(
                userId: tenant.projectID,
                projectId: tenant.projectID,
                environmentId: tenant.environmentID
            )
        )
        let document = try await access.document(of: request)
        if document.root.kind == .array, document.root.children.count > Self.maximumEvents {
            throw Refusal(
                413,
                "Payload Too Large",
                message: "Send at most \(Self.maximumEvents) events in one request."
            )
        }
        var reading: EventValidator.Reading
        do throws(InvalidInput) {
            reading = try validator.read(document.root)
        } catch {
            throw Refusal(error)
        }
        if let user = try externalUser(in: request.headers) {
            for index in reading.events.indices where reading.events[index].externalUserId == nil {
                reading.events[index].externalUserId = user
            }
        }
        counters.countIgnoredTenantIds(reading.ignoredTenantIds)
        let results = try await store.append(reading.events, tenant: tenant)
        if let refusal = conflict(in: results, isBatch: reading.isBatch) { throw refusal }
        return (reading, results)
    }

    /// ING-5: the header speaks for the events that name no user themselves.
    private func externalUser(in headers: HTTPFields) throws -> String? {
        guard let name = HTTPField.Name("X-External-User-Id"), let user = headers[name], !user.isEmpty else {
            return nil
        }
        guard user.utf16.count <= 255 else {
            throw Refusal(faults: [
                InputFault(
                    path: [],
                    rule: "externalUserId.maxLength",
                    code: "too_big",
                    message: "The header X-External-User-Id may have at most 255 UTF-16 code units"
                )
            ])
        }
        return user
    }

    /// ING-11: nothing of the request was stored.
    private func conflict(in results: [AppendResult], isBatch: Bool) -> Refusal? {
        var conflicts: [(path: [InputFault.Step], result: AppendResult)] = []
        var index = 0
        for result in results {
            if result.status == .conflict { conflicts.append((isBatch ? [.item(index)] : [], result)) }
            index += 1
        }
        guard let first = conflicts.first else { return nil }
        return Refusal(
            JSONReply(status: 409) { writer in
                writer.member("error", first.result.message ?? "Conflict")
                writer.name("details")
                writer.array { writer in
                    for conflict in conflicts {
                        let fault = InputFault(
                            path: conflict.path,
                            rule: "event.conflict",
                            code: "conflict",
                            message: conflict.result.message ?? "Conflict"
                        )
                        fault.write(to: &writer)
                    }
                }
            }
        )
    }
}

import HTTPTypes
import Hummingbird
import WhyOps
import WhyOpsStore

/// The routes that take events.
struct EventRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    let counters: IngestCounters

    func add(to router: Router<IngestServer.Context>) {
        router.post("api/events/ingest") { request, _ in
            try await receive(request) { reading, _ in
                JSONReply(status: 202) { writer in
                    writer.member("success", true)
                    writer.member("accepted", true)
                    writer.member("queuedCount", reading.events.count)
                }
            }
        }
        router.post("api/events") { request, _ in
            try await receive(request, reply: Self.results)
        }
        router.post("api/events/tool-result") { request, _ in
            try await receive(request, fixedType: .toolCallResponse, reply: Self.results)
        }
        router.get("api/events/help") { _, _ in EventHelp.response }
    }

    private static func results(_ reading: EventBody.Reading, _ results: [AppendResult]) -> JSONReply {
        var writer = JSONWriter()
        if reading.isBatch {
            writer.array { writer in
                for result in results { writer.object { result.writeMembers(to: &$0) } }
            }
        } else if let result = results.first {
            writer.object { result.writeMembers(to: &$0) }
        }
        return JSONReply(status: 201, body: writer.bytes)
    }

    /// Reads, checks and stores; replies once everything is durable (ING-4).
    private func receive(
        _ request: Request,
        fixedType: EventType? = nil,
        reply: @Sendable (EventBody.Reading, [AppendResult]) -> JSONReply
    ) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let sending = DeadLetter.Sending(
            fixedType: fixedType,
            profile: try query.profile,
            externalUserId: try externalUser(in: request.headers)
        )
        let isPartial = try query.flag("partial") ?? false
        let requestKey = try requestKey(in: request.headers)
        return try await access.withBody(of: request, as: .jsonOrLines) { body in
            let body = try EventBody(body)
            if isPartial { return try await receivePart(body, sending, requestKey, tenant) }
            var reading = try body.read(EventValidator(sending, tenant))
            for index in reading.events.indices { reading.events[index].take(sending) }
            counters.countIgnoredTenantIds(reading.ignoredTenantIds)
            let results = try await store.append(
                reading.events,
                options: AppendOptions(requestKey: requestKey),
                tenant: tenant
            )
            if let refusal = conflict(in: results, isBatch: reading.isBatch) { throw refusal }
            return Response(reply(reading, results), headers: sampled(results))
        }
    }

    /// ING-22: what can be stored is stored.
    private func receivePart(
        _ body: EventBody,
        _ sending: DeadLetter.Sending,
        _ requestKey: String?,
        _ tenant: Tenant
    ) async throws -> Response {
        let (read, ignored) = body.readEach(EventValidator(sending, tenant))
        var faults: [InputFault] = []
        for case .failure(let invalid) in read { faults += invalid.faults }
        // ING-19: such a body is refused whole.
        if faults.contains(where: { $0.rule == Refusal.foreignTenant }) { throw Refusal(InvalidInput(faults: faults)) }
        let results = read.map { result in
            result.map { event in
                var event = event
                event.take(sending)
                return event
            }
        }
        counters.countIgnoredTenantIds(ignored)
        let outcomes = try await PartialIngest(store: store, tenant: tenant, sending: sending)
            .ingest(results, of: body, requestKey: requestKey)
        let reply = JSONReply(status: 207) { writer in
            writer.name("results")
            writer.array { writer in
                for (index, outcome) in outcomes.enumerated() {
                    writer.object { writer in
                        writer.member("index", index)
                        outcome.writeMembers(to: &writer)
                    }
                }
            }
        }
        return Response(reply, headers: sampled(outcomes.map(\.result).filter { $0.status != .invalid }))
    }

    /// ING-29
    private func sampled(_ results: [AppendResult]) -> HTTPFields {
        guard let name = HTTPField.Name("X-WhyOps-Sampled"), !results.isEmpty else { return [:] }
        let isOut =
            results.contains { $0.status == .sampledOut }
            && !results.contains { $0.status == .saved || $0.status == .skipped }
        return [name: isOut ? "out" : "in"]
    }

    /// ING-24
    private func requestKey(in headers: HTTPFields) throws -> String? {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = headers[name], !key.isEmpty else { return nil }
        guard key.utf8.count <= 255, key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw Refusal(
                400,
                "Invalid Idempotency-Key",
                message: "Send 1 to 255 printable ASCII characters, such as a UUID."
            )
        }
        return key
    }

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

extension AppendResult {
    /// Writes what the caller may know of an event's fate.
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        let isStored = status == .saved || status == .skipped
        if isStored || status == .conflict { writer.member("id", id) } else { writer.nullable("id", nil as String?) }
        writer.member("status", status.rawValue)
        if isStored { writer.member("stepId", stepId) }
        writer.member("parentStepId", parentStepId)
        if !spanId.isEmpty { writer.member("spanId", spanId) }
        writer.member("message", message)
    }
}

extension PartialIngest.Outcome {
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        guard let code = DeadLetter.Reason.Code(result.status) else { return result.writeMembers(to: &writer) }
        writer.member("status", code == .conflict ? "conflict" : "invalid")
        writer.member("error", result.message ?? "Not stored")
        writer.name("details")
        writer.array { writer in
            for fault in faults { fault.write(to: &writer) }
        }
        writer.member("deadLetterId", result.deadLetterID)
    }
}

extension EventValidator {
    /// What checks the events of a request as it was sent.
    init(_ sending: DeadLetter.Sending, _ tenant: Tenant) {
        self.init(
            fixedType: sending.fixedType,
            profile: sending.profile,
            tenant: EventTenant(
                userId: tenant.projectID,
                projectId: tenant.projectID,
                environmentId: tenant.environmentID
            )
        )
    }
}

extension Event {
    /// ING-5: the header speaks for the events that name no user themselves.
    mutating func take(_ sending: DeadLetter.Sending) {
        externalUserId = externalUserId ?? sending.externalUserId
    }
}

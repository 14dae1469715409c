import WhyOps
import WhyOpsStore

/// Stores what can be stored of a body, and keeps the rest as dead letters (ING-22, ING-40).
struct PartialIngest {
    let store: any IngestStore
    let tenant: Tenant
    let sending: DeadLetter.Sending

    /// What became of one event.
    struct Outcome {
        let result: AppendResult
        /// Why it is not stored.
        let faults: [InputFault]
    }

    func ingest(
        _ read: [Result<Event, InvalidInput>],
        of body: EventBody,
        requestKey: String?
    ) async throws -> [Outcome] {
        let items = zip(body.items, read).map { item, result in
            switch result {
            case .success(let event):
                return PartialItem(event: event, letter: letter(of: item, DeadLetter.Reason(.refused, "Not stored")))
            case .failure(let invalid):
                return PartialItem(event: nil, letter: letter(of: item, DeadLetter.Reason(invalid)))
            }
        }
        let results = try await store.append(items, requestKey: requestKey, tenant: tenant)
        return results.enumerated().map { place, result in
            if case .failure(let invalid) = read[place] { return Outcome(result: result, faults: invalid.faults) }
            guard let code = DeadLetter.Reason.Code(result.status) else { return Outcome(result: result, faults: []) }
            let path: [InputFault.Step] = body.isBatch ? [.item(place)] : []
            return Outcome(result: result, faults: [.stored(code, result.message ?? "Not stored", at: path)])
        }
    }

    private func letter(of item: JSONValue, _ reason: DeadLetter.Reason) -> DeadLetter {
        let isObject = item.kind == .object
        return DeadLetter(
            source: .ingest,
            reason: reason,
            eventType: isObject ? item["eventType"]?.string : nil,
            traceId: isObject ? item["traceId"]?.string : nil,
            agentName: isObject ? item["agentName"]?.string : nil,
            sending: sending,
            event: item.slice
        )
    }
}

extension DeadLetter.Reason {
    /// That of an event that breaks rules.
    init(_ invalid: InvalidInput) {
        self.init(.invalid, "Validation failed", details: Self.details(invalid.faults))
    }
}

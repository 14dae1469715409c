import WhyOps
import WhyOpsStore

/// Stores what can be stored of a body, and keeps the rest as dead letters (ING-22, ING-40).
struct PartialIngest {
    let store: any IngestStore
    let tenant: Tenant

    /// What became of one event.
    struct Outcome {
        /// What the store said; `nil` for an event that never came so far.
        var stored: AppendResult?
        var reason: DeadLetter.Reason?
        var faults: [InputFault] = []
        var deadLetterID: String?
    }

    func ingest(
        _ results: [Result<Event, InvalidInput>],
        of body: EventBody,
        requestKey: String?
    ) async throws -> [Outcome] {
        var outcomes = results.map { result in
            guard case .failure(let invalid) = result else { return Outcome() }
            return Outcome(
                reason: DeadLetter.Reason(.invalid, "Validation failed", details: Self.details(invalid.faults)),
                faults: invalid.faults
            )
        }
        let good = results.indices.filter { (try? results[$0].get()) != nil }
        let events = good.compactMap { try? results[$0].get() }
        let stored = try await append(events, requestKey: requestKey)
        for (place, result) in zip(good, stored) {
            outcomes[place].stored = result
            guard let code = DeadLetter.Reason.Code(result.status) else { continue }
            let fault = InputFault(
                path: body.isBatch ? [.item(place)] : [],
                rule: "event.\(code.rawValue)",
                code: code.rawValue,
                message: result.message ?? "Not stored"
            )
            outcomes[place].faults = [fault]
            outcomes[place].reason = DeadLetter.Reason(code, fault.message, details: Self.details([fault]))
        }
        try await bury(&outcomes, body)
        return outcomes
    }

    /// An event that the database can never take must not take the others with it.
    private func append(_ events: [Event], requestKey: String?) async throws -> [AppendResult] {
        let options = AppendOptions(requestKey: requestKey, isPartial: true)
        do {
            return try await store.append(events, options: options, tenant: tenant)
        } catch let error as StoreError where error.code == .refused {
            var results: [AppendResult] = []
            for event in events {
                do {
                    results += try await store.append([event], options: AppendOptions(isPartial: true), tenant: tenant)
                } catch let error as StoreError where error.code == .refused {
                    results.append(
                        AppendResult(
                            id: "",
                            status: .notStored,
                            stepId: 0,
                            parentStepId: nil,
                            spanId: event.spanId ?? "",
                            message: error.message
                        )
                    )
                }
            }
            return results
        }
    }

    private func bury(_ outcomes: inout [Outcome], _ body: EventBody) async throws {
        var letters: [DeadLetter] = []
        var places: [Int] = []
        for place in outcomes.indices {
            guard let reason = outcomes[place].reason else { continue }
            let item = body.items[place]
            let isObject = item.kind == .object
            letters.append(
                DeadLetter(
                    source: .ingest,
                    reason: reason,
                    eventType: isObject ? item["eventType"]?.string : nil,
                    traceId: isObject ? item["traceId"]?.string : nil,
                    agentName: isObject ? item["agentName"]?.string : nil,
                    event: item.slice
                )
            )
            places.append(place)
        }
        // What could be stored is stored: that a dead letter could not be kept is told by its missing id.
        let ids = (try? await store.insertDeadLetters(letters, tenant: tenant)) ?? []
        for (place, id) in zip(places, ids) { outcomes[place].deadLetterID = id }
    }

    static func details(_ faults: [InputFault]) -> [UInt8] {
        var writer = JSONWriter()
        writer.array { writer in
            for fault in faults { fault.write(to: &writer) }
        }
        return writer.bytes
    }
}

extension DeadLetter.Reason.Code {
    /// Why an event with a status is not stored; `nil` where it is, or was left out by choice.
    init?(_ status: AppendResult.Status) {
        switch status {
        case .conflict: self = .conflict
        case .notStored: self = .refused
        case .saved, .skipped, .sampledOut: return nil
        }
    }
}

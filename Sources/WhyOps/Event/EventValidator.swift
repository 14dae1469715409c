/// Reads events from a request body and reports every rule that the body breaks.
///
/// Profile `original`: what the original accepts is accepted, and what it would refuse only later, or store wrongly, is
/// refused here with a reason (EVT-1). Profile `strict` asks in addition for content that a reader can use (EVT-30).
public struct EventValidator: Sendable {
    /// The type that the route stands for, whatever the body says; `nil` where the body names it.
    public let fixedType: EventType?
    /// How much is asked of an event.
    public let profile: EventProfile
    /// The caller's ids, which profile `strict` compares with those in the body; `nil` where they are not known.
    public let tenant: EventTenant?

    /// A validator for events that name their type, or, for the tool-result route, for events of one type (EVT-14).
    public init(fixedType: EventType? = nil, profile: EventProfile = .original, tenant: EventTenant? = nil) {
        self.fixedType = fixedType
        self.profile = profile
        self.tenant = tenant
    }

    /// What a body without faults holds.
    public struct Reading: Hashable, Sendable {
        /// The events in order.
        public var events: [Event]
        /// Whether the body was an array, so that the reply has to be one.
        public var isBatch: Bool
        /// How many `userId`, `projectId` and `environmentId` members were read and ignored (EVT-11).
        public var ignoredTenantIds: Int
    }

    /// The faults of one event or an array of them, event by event; empty for a body that is accepted.
    ///
    /// - Complexity: O(n), one pass over the tape; allocates nothing where there is no fault.
    public func faults(in document: borrowing JSONDocument) -> [InputFault] {
        var faults = FaultList()
        check(document.tape.root, in: document, &faults) { _, _, _ in }
        return faults.faults
    }

    /// Reads one event or an array of them.
    ///
    /// - Complexity: O(n).
    /// - Throws: `InvalidInput` with every fault of every event (EVT-16), up to a thousand.
    public func read(_ body: JSONValue) throws(InvalidInput) -> Reading {
        let document = body.document
        var reading = Reading(events: [], isBatch: body.kind == .array, ignoredTenantIds: 0)
        var faults = FaultList()
        check(body.index, in: document, &faults) { type, envelope, hasFaults in
            for member: EventEnvelope.Member in [.userId, .projectId, .environmentId] where envelope[member] != nil {
                reading.ignoredTenantIds += 1
            }
            guard !hasFaults, let type, let event = Self.event(type, envelope, in: document) else { return }
            reading.events.append(event)
        }
        if !faults.faults.isEmpty { throw InvalidInput(faults: faults.faults) }
        return reading
    }

    private func check(
        _ body: JSONTape.Index,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList,
        _ each: (EventType?, EventEnvelope, _ hasFaults: Bool) -> Void
    ) {
        guard document.tape.kind(body) == .array else {
            checkEvent(body, in: document, &faults, each)
            return
        }
        // EVT-5: an empty array is a valid batch.
        let end = document.tape.next(body)
        var position = body + 1
        var number = 0
        while position < end {
            faults.base = [.item(number)]
            checkEvent(position, in: document, &faults, each)
            position = document.tape.next(position)
            number += 1
        }
    }

    private func checkEvent(
        _ event: JSONTape.Index,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList,
        _ each: (EventType?, EventEnvelope, _ hasFaults: Bool) -> Void
    ) {
        guard document.tape.kind(event) == .object else {
            let expected =
                faults.base.isEmpty ? "Expected an event object or an array of them" : "Expected an event object"
            faults.add([], rule: "body.type", code: "invalid_type", expected)
            return
        }
        let before = faults.count
        let envelope = EventEnvelope(event, in: document)
        let rules = EnvelopeRules(envelope: envelope, fixedType: fixedType)
        let type = rules.check(in: document, &faults)
        NameRules.check(envelope, type: type, in: document, &faults)
        if profile == .strict {
            if let tenant { rules.check(tenant, in: document, &faults) }
            if let type { StrictMetadataRules(type: type).check(envelope[.metadata], in: document, &faults) }
            if let type { StrictContentRules(type: type).check(envelope[.content], in: document, &faults) }
            StrictTextRules.check(envelope[.content], "content", in: document, &faults)
            StrictTextRules.check(envelope[.metadata], "metadata", in: document, &faults)
        }
        each(type, envelope, faults.count > before)
    }

    /// The event of an object that breaks no rule of the profile `original`.
    private static func event(
        _ type: EventType,
        _ envelope: EventEnvelope,
        in document: borrowing JSONDocument
    ) -> Event? {
        let tape = document.tape
        func text(_ member: EventEnvelope.Member) -> String? {
            guard let index = envelope[member], !tape.contentRange(index).isEmpty else { return nil }
            return tape.string(index, in: document.bytes.span)
        }
        func step(_ member: EventEnvelope.Member) -> Int? {
            guard let index = envelope[member], case .value(let step) = document.wholeNumber(index) else { return nil }
            return Int(exactly: step)
        }
        func slice(_ member: EventEnvelope.Member) -> [UInt8]? {
            envelope[member].map { tape.slice($0, in: document.bytes.span) }
        }
        guard let traceId = text(.traceId), let agentName = text(.agentName) else { return nil }
        return Event(
            eventType: type,
            traceId: traceId,
            agentName: agentName,
            spanId: text(.spanId),
            stepId: step(.stepId),
            parentStepId: step(.parentStepId),
            timestamp: envelope[.timestamp].flatMap { document.timestamp($0)?.text },
            content: slice(.content),
            metadata: slice(.metadata),
            idempotencyKey: text(.idempotencyKey),
            externalUserId: text(.externalUserId),
            providerId: text(.providerId)
        )
    }
}

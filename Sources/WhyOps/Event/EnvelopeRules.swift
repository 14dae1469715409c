/// The rules of the envelope, which hold in both profiles: for each member at most one fault (EVT-27).
struct EnvelopeRules {
    let envelope: EventEnvelope
    let fixedType: EventType?

    /// Checks every member and gives the event's type where it has one.
    func check(in document: borrowing JSONDocument, _ faults: inout FaultList) -> EventType? {
        let type = fixedType ?? eventType(in: document, &faults)
        name(.traceId, maximum: TraceID.maximumLength, in: document, &faults)
        name(.agentName, maximum: 255, in: document, &faults)
        optionalName(.spanId, maximum: 128, in: document, &faults)
        step(.stepId, in: document, &faults)
        step(.parentStepId, in: document, &faults)
        timestamp(in: document, &faults)
        metadata(for: type, in: document, &faults)
        optionalName(.idempotencyKey, maximum: 128, in: document, &faults)
        optionalName(.externalUserId, maximum: 255, in: document, &faults)
        for member: EventEnvelope.Member in [.userId, .projectId, .environmentId, .providerId] {
            uuid(member, in: document, &faults)
        }
        return type
    }

    /// EVT-53: ids in the body that are not the caller's.
    func check(_ tenant: EventTenant, in document: borrowing JSONDocument, _ faults: inout FaultList) {
        func check(_ member: EventEnvelope.Member, _ own: String) {
            guard let index = envelope[member], document.tape.kind(index) == .string, document.isUUID(index),
                let text = document.tape.utf8(index, in: document.bytes.span)
            else { return }
            // All bytes are digits, letters and dashes, which 0x20 does not make equal where they differ.
            if text.elementsEqual(own.utf8, by: { $0 | 0x20 == $1 | 0x20 }) { return }
            faults.add(
                EventEnvelope.text(of: member),
                rule: "tenant.mismatch",
                code: "custom",
                "Not the id that the API key stands for; leave the member out, the key decides"
            )
        }
        check(.userId, tenant.userId)
        check(.projectId, tenant.projectId)
        check(.environmentId, tenant.environmentId)
    }

    private func eventType(in document: borrowing JSONDocument, _ faults: inout FaultList) -> EventType? {
        guard let index = envelope[.eventType] else {
            faults.add("eventType", rule: "eventType.required", code: "invalid_type", "Required: \(Self.typeNames)")
            return nil
        }
        guard document.tape.kind(index) == .string else {
            faults.add(
                "eventType",
                rule: "eventType.type",
                code: "invalid_type",
                "Expected a string: \(Self.typeNames)"
            )
            return nil
        }
        guard let type = EventType(index, in: document) else {
            faults.add("eventType", rule: "eventType.enum", code: "invalid_enum_value", "Expected \(Self.typeNames)")
            return nil
        }
        return type
    }

    private static var typeNames: String {
        var names = "one of"
        for type in EventType.allCases { names += (type == EventType.allCases.first ? " " : ", ") + type.rawValue }
        return names
    }

    private func name(
        _ member: EventEnvelope.Member,
        maximum: Int,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        let name = EventEnvelope.text(of: member)
        guard let index = envelope[member] else {
            faults.add(
                name,
                rule: "\(name).required",
                code: "invalid_type",
                "Required in the body; a header is no substitute"
            )
            return
        }
        if document.tape.kind(index) == .string, document.tape.contentRange(index).isEmpty {
            faults.add(name, rule: "\(name).minLength", code: "too_small", "Must not be empty")
            return
        }
        text(index, name, maximum: maximum, in: document, &faults)
    }

    private func optionalName(
        _ member: EventEnvelope.Member,
        maximum: Int,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        guard let index = envelope[member] else { return }
        text(index, EventEnvelope.text(of: member), maximum: maximum, in: document, &faults)
    }

    private func text(
        _ index: JSONTape.Index,
        _ name: StaticString,
        maximum: Int,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        if document.tape.kind(index) != .string {
            faults.add(name, rule: "\(name).type", code: "invalid_type", "Expected a string")
        } else if let length = document.length(of: index, over: maximum) {
            faults.add(
                name,
                rule: "\(name).maxLength",
                code: "too_big",
                "At most \(maximum) UTF-16 code units, got \(length)"
            )
        } else if document.holdsNul(index) {
            // A store that cuts there would mix two ids up (EVT-15).
            faults.add(name, rule: "string.nul", code: "custom", "Must not hold U+0000; leave the character out")
        }
    }

    private func step(
        _ member: EventEnvelope.Member,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        guard let index = envelope[member] else { return }
        let name = EventEnvelope.text(of: member)
        guard document.tape.kind(index) == .number else {
            faults.add(name, rule: "\(name).type", code: "invalid_type", "Expected a number")
            return
        }
        switch document.wholeNumber(index) {
        case .fraction:
            faults.add(name, rule: "\(name).integer", code: "invalid_type", "Expected a whole number")
        case .value(let step) where step >= 1 && step <= Int64(Int32.max):
            break
        case .value(let step) where step < 1:
            faults.add(name, rule: "\(name).minimum", code: "too_small", "Must be at least 1, or left out")
        case .tooSmall:
            faults.add(name, rule: "\(name).minimum", code: "too_small", "Must be at least 1, or left out")
        case .value, .tooBig:
            faults.add(name, rule: "\(name).maximum", code: "too_big", "Must be at most 2147483647")
        }
    }

    private func timestamp(in document: borrowing JSONDocument, _ faults: inout FaultList) {
        guard let index = envelope[.timestamp] else { return }
        if document.tape.kind(index) != .string {
            faults.add(
                "timestamp",
                rule: "timestamp.type",
                code: "invalid_type",
                "Expected a string such as 2026-03-28T10:15:30.000Z"
            )
        } else if !document.isTimestamp(index) {
            faults.add(
                "timestamp",
                rule: "timestamp.format",
                code: "invalid_string",
                "Expected an RFC 3339 time with Z or an offset, such as 2026-03-28T10:15:30.000Z"
            )
        }
    }

    private func uuid(
        _ member: EventEnvelope.Member,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        guard let index = envelope[member] else { return }
        let name = EventEnvelope.text(of: member)
        if document.tape.kind(index) != .string {
            faults.add(name, rule: "\(name).type", code: "invalid_type", "Expected a string with a UUID")
        } else if !document.isUUID(index) {
            faults.add(
                name,
                rule: "\(name).format",
                code: "invalid_string",
                "Expected a UUID such as 3b241101-e2bb-4255-8caf-4136c566a962"
            )
        }
    }

    private func metadata(
        for type: EventType?,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        let metadata = envelope[.metadata]
        if let metadata, document.tape.kind(metadata) != .object {
            faults.add("metadata", rule: "metadata.type", code: "invalid_type", "Expected an object")
            return
        }
        guard let type else { return }
        if type.needsTool, metadata.flatMap({ document.something("tool", of: $0) }) == nil {
            faults.add(
                [.member("metadata"), .member("tool")],
                rule: "metadata.tool.required",
                code: "custom",
                "metadata.tool is required for tool_call_request and tool_call_response. See /api/events/help."
            )
        }
        if type.needsModel {
            for (name, noun): (StaticString, String) in [("model", "MISSING_MODEL"), ("provider", "MISSING_PROVIDER")]
            where !document.isTruthy(metadata.flatMap({ document.member(name, of: $0) })) {
                faults.add(
                    [.member("metadata"), .member(name.description)],
                    rule: "metadata.\(name).required",
                    code: "custom",
                    "\(noun): \(type.rawValue) events require \"\(name)\" in metadata"
                )
            }
        }
    }
}

extension EventType {
    /// The type that a JSON string names.
    init?(_ index: JSONTape.Index, in document: borrowing JSONDocument) {
        if document.isString(index, "user_message") {
            self = .userMessage
        } else if document.isString(index, "llm_response") {
            self = .llmResponse
        } else if document.isString(index, "tool_call_request") {
            self = .toolCallRequest
        } else if document.isString(index, "tool_call_response") {
            self = .toolCallResponse
        } else if document.isString(index, "llm_thinking") {
            self = .llmThinking
        } else if document.isString(index, "embedding_request") {
            self = .embeddingRequest
        } else if document.isString(index, "embedding_response") {
            self = .embeddingResponse
        } else if document.isString(index, "tool_call") {
            self = .toolCall
        } else if document.isString(index, "tool_result") {
            self = .toolResult
        } else if document.isString(index, "error") {
            self = .error
        } else {
            return nil
        }
    }
}

/// Reads events from a request body and reports every rule that the body breaks.
///
/// Profile `original`: what the original accepts is accepted, and what it would refuse only later, or store wrongly, is
/// refused here with a reason (EVT-1).
public struct EventValidator: Sendable {
    /// The type that the route stands for, whatever the body says; `nil` where the body names it.
    public let fixedType: EventType?

    /// A validator for events that name their type, or, for the tool-result route, for events of one type (EVT-14).
    public init(fixedType: EventType? = nil) {
        self.fixedType = fixedType
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

    /// Reads one event or an array of them.
    ///
    /// - Complexity: O(n).
    /// - Throws: `InvalidInput` with every fault of every event (EVT-16).
    public func read(_ body: JSONValue) throws(InvalidInput) -> Reading {
        var reading = Reading(events: [], isBatch: body.kind == .array, ignoredTenantIds: 0)
        var faults: [InputFault] = []
        if reading.isBatch {
            // EVT-5: an empty array is a valid batch.
            var index = 0
            for item in body.children {
                read(item, path: [.item(index)], into: &reading, &faults)
                index += 1
            }
        } else {
            read(body, path: [], into: &reading, &faults)
        }
        if !faults.isEmpty { throw InvalidInput(faults: faults) }
        return reading
    }

    private func read(
        _ value: JSONValue,
        path: [InputFault.Step],
        into reading: inout Reading,
        _ faults: inout [InputFault]
    ) {
        guard value.kind == .object else {
            faults.append(
                InputFault(
                    path: path,
                    rule: "body.type",
                    code: "invalid_type",
                    message: path.isEmpty ? "Expected an event object or an array of them" : "Expected an event object"
                )
            )
            return
        }
        var fields = FieldReader(value, path: path)
        let type = eventType(&fields)
        let traceId = name("traceId", maximum: TraceID.maximumLength, &fields)
        let agentName = name("agentName", maximum: 255, &fields)
        let spanId = fields.optionalIdentifier("spanId", maximum: 128)
        let stepId = fields.optionalStep("stepId")
        let parentStepId = fields.optionalStep("parentStepId")
        let timestamp = fields.optionalTimestamp("timestamp")
        let metadata = metadata(for: type, &fields)
        let idempotencyKey = fields.optionalIdentifier("idempotencyKey", maximum: 128)
        let externalUserId = fields.optionalIdentifier("externalUserId", maximum: 255)
        for name: StaticString in ["userId", "projectId", "environmentId"] where fields.optionalUUID(name) != nil {
            reading.ignoredTenantIds += 1
        }
        let providerId = fields.optionalUUID("providerId")

        faults += fields.faults
        guard fields.faults.isEmpty, let type, let traceId, let agentName else { return }
        reading.events.append(
            Event(
                eventType: type,
                traceId: traceId,
                agentName: agentName,
                spanId: spanId,
                stepId: stepId,
                parentStepId: parentStepId,
                timestamp: timestamp,
                content: value["content"]?.slice,
                metadata: metadata?.slice,
                idempotencyKey: idempotencyKey,
                externalUserId: externalUserId,
                providerId: providerId
            )
        )
    }

    private func eventType(_ fields: inout FieldReader) -> EventType? {
        if let fixedType { return fixedType }
        guard let member = fields.required("eventType", rule: "eventType") else { return nil }
        guard let text = member.string else {
            fields.fault("eventType", rule: "eventType.type", code: "invalid_type", "Expected a string")
            return nil
        }
        guard let type = EventType(name: text) else {
            let names = EventType.allCases.map { $0.rawValue }.joined(separator: ", ")
            fields.fault(
                "eventType",
                rule: "eventType.enum",
                code: "invalid_enum_value",
                "Expected one of \(names)"
            )
            return nil
        }
        return type
    }

    private func name(_ name: StaticString, maximum: Int, _ fields: inout FieldReader) -> String? {
        guard let member = fields.required(name, rule: name, "Required in the body; a header is no substitute") else {
            return nil
        }
        return fields.identifier(member, name, minimum: 1, maximum: maximum)
    }

    private func metadata(for type: EventType?, _ fields: inout FieldReader) -> JSONValue? {
        let metadata = fields.value["metadata"]
        if let metadata, metadata.kind != .object {
            fields.fault("metadata", rule: "metadata.type", code: "invalid_type", "Expected an object")
            return nil
        }
        guard let type else { return metadata }
        if type.needsTool, metadata?["tool"].map({ $0.kind == .null }) ?? true {
            fields.fault(
                "metadata",
                "tool",
                rule: "metadata.tool.required",
                code: "custom",
                "metadata.tool is required for tool_call_request and tool_call_response. See /api/events/help."
            )
        }
        if type.needsModel {
            for (name, noun): (StaticString, String) in [("model", "MISSING_MODEL"), ("provider", "MISSING_PROVIDER")]
            where !(metadata?[name]?.isTruthy ?? false) {
                fields.fault(
                    "metadata",
                    name,
                    rule: "metadata.\(name).required",
                    code: "custom",
                    "\(noun): \(type.rawValue) events require \"\(name)\" in metadata"
                )
            }
        }
        return metadata
    }
}

extension FieldReader {
    fileprivate mutating func fault(
        _ outer: StaticString,
        _ inner: StaticString,
        rule: String,
        code: String,
        _ message: String
    ) {
        add(
            InputFault(
                path: path + [.member(outer.description), .member(inner.description)],
                rule: rule,
                code: code,
                message: message
            )
        )
    }
}

extension JSONValue {
    /// Whether the value counts as present where ECMAScript asks for truth: no `null`, `false`, `""` or zero (EVT-13).
    var isTruthy: Bool {
        switch kind {
        case .null, .false: false
        case .string: document.tape.contentRange(index).isEmpty == false
        case .number: WholeNumber(json: slice) != .value(0)
        case .true, .array, .object: true
        }
    }
}

/// Where the members of an event lie in the tape: one pass over the names, the last of a repeated name (EVT-1).
struct EventEnvelope {
    /// A member that the protocol names.
    enum Member: Int {
        case eventType, traceId, agentName, spanId, stepId, parentStepId, timestamp, content, metadata, idempotencyKey
        case externalUserId, userId, projectId, environmentId, providerId
    }

    private var slots = InlineArray<15, JSONTape.Index>(repeating: -1)

    /// Where the value of a member lies; `nil` where it is absent.
    subscript(_ member: Member) -> JSONTape.Index? {
        let slot = slots[member.rawValue]
        return slot < 0 ? nil : slot
    }

    /// Finds the members of an object.
    ///
    /// - Complexity: O(number of members); does not look inside values.
    init(_ event: JSONTape.Index, in document: borrowing JSONDocument) {
        let end = document.tape.next(event)
        var position = event + 1
        while position < end {
            let value = position + 1
            if let member = Self.member(position, in: document) { slots[member.rawValue] = value }
            position = document.tape.next(value)
        }
    }

    private static func member(_ name: JSONTape.Index, in document: borrowing JSONDocument) -> Member? {
        let length = document.tape.contentRange(name).count
        // An escaped name is longer than the text that it spells; any of the names may be meant.
        guard document.tape.isPlain(name) else {
            for raw in 0..<15 {
                if let member = Member(rawValue: raw), document.isString(name, text(of: member)) { return member }
            }
            return nil
        }
        func matches(_ member: Member) -> Member? { document.isString(name, text(of: member)) ? member : nil }
        return switch length {
        case 6: matches(.spanId) ?? matches(.stepId) ?? matches(.userId)
        case 7: matches(.traceId) ?? matches(.content)
        case 8: matches(.metadata)
        case 9: matches(.eventType) ?? matches(.agentName) ?? matches(.timestamp) ?? matches(.projectId)
        case 10: matches(.providerId)
        case 12: matches(.parentStepId)
        case 13: matches(.environmentId)
        case 14: matches(.idempotencyKey) ?? matches(.externalUserId)
        default: nil
        }
    }

    /// The member's name as it is written.
    static func text(of member: Member) -> StaticString {
        switch member {
        case .eventType: "eventType"
        case .traceId: "traceId"
        case .agentName: "agentName"
        case .spanId: "spanId"
        case .stepId: "stepId"
        case .parentStepId: "parentStepId"
        case .timestamp: "timestamp"
        case .content: "content"
        case .metadata: "metadata"
        case .idempotencyKey: "idempotencyKey"
        case .externalUserId: "externalUserId"
        case .userId: "userId"
        case .projectId: "projectId"
        case .environmentId: "environmentId"
        case .providerId: "providerId"
        }
    }
}

/// What both profiles ask of the names by which events are listed and added up (EVT-54).
struct NameRules {
    /// The longest name, in UTF-16 code units: far longer than any vendor's, and short enough for a list of many.
    static let maximum = 255

    /// - Parameter type: `nil` where it is refused.
    static func check(
        _ envelope: EventEnvelope,
        type: EventType?,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        if let metadata = envelope[.metadata], document.tape.kind(metadata) == .object {
            check("model", of: metadata, "metadata", rule: "model.maxLength", in: document, &faults)
            check("provider", of: metadata, "metadata", rule: "metadata.provider.maxLength", in: document, &faults)
        }
        if type == .llmResponse, let content = envelope[.content], document.tape.kind(content) == .object {
            check("finishReason", of: content, "content", rule: "finishReason.maxLength", in: document, &faults)
        }
    }

    private static func check(
        _ name: StaticString,
        of object: JSONTape.Index,
        _ member: String,
        rule: String,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        guard let index = document.something(name, of: object), document.tape.kind(index) == .string,
            let length = document.length(of: index, over: maximum)
        else { return }
        faults.add(
            [.member(member), .member(name.description)],
            rule: rule,
            code: "too_big",
            "At most \(maximum) UTF-16 code units, got \(length)"
        )
    }
}

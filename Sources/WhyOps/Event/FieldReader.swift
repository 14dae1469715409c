/// Reads the members of one JSON object and collects every rule that they break.
struct FieldReader {
    let value: JSONValue
    let path: [InputFault.Step]
    private(set) var faults: [InputFault] = []

    init(_ value: JSONValue, path: [InputFault.Step]) {
        self.value = value
        self.path = path
    }

    mutating func add(_ fault: InputFault) { faults.append(fault) }

    mutating func fault(_ name: StaticString, rule: String, code: String, _ message: String) {
        faults.append(
            InputFault(path: path + [.member(name.description)], rule: rule, code: code, message: message)
        )
    }

    /// A member's value after the rule `<rule>.required`.
    mutating func required(_ name: StaticString, rule: StaticString, _ message: String = "Required") -> JSONValue? {
        if let member = value[name] { return member }
        fault(name, rule: "\(rule).required", code: "invalid_type", message)
        return nil
    }

    /// The text of a string after the rules `.type`, `.minLength`, `.maxLength`, in UTF-16 code units, and `string.nul`.
    mutating func text(
        _ member: JSONValue,
        _ name: StaticString,
        rule: StaticString,
        minimum: Int = 0,
        maximum: Int = .max,
        emptyMessage: String? = nil
    ) -> String? {
        guard let text = member.string else {
            fault(name, rule: "\(rule).type", code: "invalid_type", "Expected a string")
            return nil
        }
        let length = text.utf16.count
        if length < minimum {
            fault(
                name,
                rule: "\(rule).minLength",
                code: "too_small",
                emptyMessage ?? "Must not be empty"
            )
            return nil
        }
        if length > maximum {
            fault(
                name,
                rule: "\(rule).maxLength",
                code: "too_big",
                "At most \(maximum) UTF-16 code units, got \(length)"
            )
            return nil
        }
        return text
    }

    /// As `text`, for a name or an id, which must not hold U+0000: a store that cuts there would mix two ids up (EVT-15).
    mutating func identifier(
        _ member: JSONValue,
        _ name: StaticString,
        minimum: Int = 0,
        maximum: Int,
        emptyMessage: String? = nil
    ) -> String? {
        guard
            let text = text(
                member,
                name,
                rule: name,
                minimum: minimum,
                maximum: maximum,
                emptyMessage: emptyMessage
            )
        else { return nil }
        if text.utf8.contains(0) {
            fault(name, rule: "string.nul", code: "custom", "Must not hold U+0000")
            return nil
        }
        return text
    }
}

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

    /// An optional string whose empty form counts as absent (EVT-7).
    mutating func optionalIdentifier(_ name: StaticString, maximum: Int) -> String? {
        guard let member = value[name], let text = identifier(member, name, maximum: maximum) else { return nil }
        return text.isEmpty ? nil : text
    }

    /// An optional whole number from 1 to 2147483647 (EVT-8).
    mutating func optionalStep(_ name: StaticString) -> Int? {
        guard let member = value[name] else { return nil }
        guard member.kind == .number else {
            fault(name, rule: "\(name).type", code: "invalid_type", "Expected a number")
            return nil
        }
        switch WholeNumber(json: member.slice) {
        case .fraction:
            fault(name, rule: "\(name).integer", code: "invalid_type", "Expected a whole number")
        case .value(let step) where step < 1:
            fault(name, rule: "\(name).minimum", code: "too_small", "Must be at least 1")
        case .value(let step) where step <= Int(Int32.max):
            return step
        case .tooSmall:
            fault(name, rule: "\(name).minimum", code: "too_small", "Must be at least 1")
        case .value, .tooBig:
            fault(name, rule: "\(name).maximum", code: "too_big", "Must be at most 2147483647")
        }
        return nil
    }

    /// An optional RFC 3339 time, normalised (EVT-9).
    mutating func optionalTimestamp(_ name: StaticString) -> String? {
        guard let member = value[name] else { return nil }
        guard let text = member.string else {
            fault(
                name,
                rule: "\(name).type",
                code: "invalid_type",
                "Expected a string such as 2026-03-28T10:15:30.000Z"
            )
            return nil
        }
        guard let timestamp = Timestamp(text) else {
            fault(
                name,
                rule: "\(name).format",
                code: "invalid_string",
                "Expected an RFC 3339 time with Z or an offset, such as 2026-03-28T10:15:30.000Z"
            )
            return nil
        }
        return timestamp.text
    }

    /// An optional UUID of any version (EVT-10).
    mutating func optionalUUID(_ name: StaticString) -> String? {
        guard let member = value[name] else { return nil }
        guard let text = member.string else {
            fault(name, rule: "\(name).type", code: "invalid_type", "Expected a string with a UUID")
            return nil
        }
        guard UUIDText.isUUID(text) else {
            fault(
                name,
                rule: "\(name).format",
                code: "invalid_string",
                "Expected a UUID such as 3b241101-e2bb-4255-8caf-4136c566a962"
            )
            return nil
        }
        return text
    }
}

/// The text form of a UUID.
package enum UUIDText {
    /// Whether a text is 8-4-4-4-12 hexadecimal digits.
    package static func isUUID(_ text: String) -> Bool {
        var position = 0
        for byte in text.utf8 {
            switch position {
            case 8, 13, 18, 23: if byte != UInt8(ascii: "-") { return false }
            default: if byte.hexDigitValue == nil { return false }
            }
            position += 1
        }
        return position == 36
    }
}

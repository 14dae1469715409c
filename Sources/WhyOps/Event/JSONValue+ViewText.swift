// The terms that the canonical view is described in (section 4 of spec/event.md).

extension JSONValue {
    /// The object that a provider wrapped in `response`, else the value itself.
    var body: JSONValue {
        if let response = self["response"], response.kind == .object { return response }
        return self
    }

    /// The first of some members that is a string.
    func firstString(_ names: StaticString...) -> String? {
        for name in names {
            if let text = self[name]?.string { return text }
        }
        return nil
    }

    /// A member that is an array.
    func list(_ name: StaticString) -> JSONValue? {
        guard let value = self[name], value.kind == .array else { return nil }
        return value
    }

    /// The items that are objects.
    var objects: [JSONValue] { kind == .array ? children.filter { $0.kind == .object } : [] }

    /// The text of one part of a message.
    var partText: String? {
        if let string { return string }
        guard kind == .object, let text = self["text"]?.string else { return nil }
        guard let type = self["type"] else { return text }
        return type.isString("text") || type.isString("input_text") || type.isString("output_text") ? text : nil
    }

    /// The text of a string or of an array of parts.
    func text(joined joiner: String) -> String? {
        if let string { return string }
        guard kind == .array else { return nil }
        var text = ""
        var isFirst = true
        for item in children {
            guard let part = item.partText else { continue }
            if !isFirst { text += joiner }
            text += part
            isFirst = false
        }
        return isFirst ? nil : text
    }

    /// A string as it is, any other value as compact JSON.
    var jsonText: String { string ?? String(decoding: compact, as: UTF8.self) }

    /// A number as it is spelled.
    var numberText: String? { kind == .number ? String(decoding: slice, as: UTF8.self) : nil }

    /// Whether the value is what a tool gave, in a provider's form (EVT-73).
    var isResultMessage: Bool {
        guard kind == .object else { return false }
        if let type = self["type"],
            type.isString("function_call_output") || type.isString("custom_tool_call_output")
                || type.isString("tool_result")
        {
            return true
        }
        return self["role"]?.isString("tool") == true
    }
}

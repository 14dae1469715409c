import WhyOps

/// How a model was called, as an event's metadata and as attributes name it.
struct CallSettings {
    /// The names of events, those of `gen_ai.request.`, and what kind of value they have.
    private static let names: [(ours: [StaticString], theirs: String)] = [
        (["temperature"], "temperature"),
        (["topP", "top_p"], "top_p"),
        (["topK", "top_k"], "top_k"),
        (["maxTokens", "maxOutputTokens", "max_tokens"], "max_tokens"),
        (["frequencyPenalty", "frequency_penalty"], "frequency_penalty"),
        (["presencePenalty", "presence_penalty"], "presence_penalty"),
        (["seed"], "seed"),
        (["stopSequences", "stop_sequences", "stop"], "stop_sequences"),
        (["reasoningEffort"], "reasoning.level"),
        (["previousResponseId"], "previous_response.id"),
        (["stream"], "stream"),
    ]

    private(set) var values: [(name: String, value: JSONValue)] = []

    /// Reads the metadata of a request, where they stand in `params` or beside it.
    init(_ metadata: JSONValue?) {
        guard let metadata else { return }
        let params = metadata["params"]
        for (ours, theirs) in Self.names {
            for name in ours {
                guard let value = params?[name] ?? metadata[name], value.kind != .null else { continue }
                values.append((theirs, value))
                break
            }
        }
        if !values.contains(where: { $0.name == "reasoning.level" }), let level = params?["reasoning"]?["effort"],
            level.kind == .string
        {
            values.append(("reasoning.level", level))
        }
    }

    var attributes: [Attribute] {
        values.compactMap { name, value in
            AttributeValue(value).map { Attribute("gen_ai.request.\(name)", $0) }
        }
    }

    /// The settings as one JSON object, as OpenInference has them; `nil` where there are none.
    var json: String? {
        guard !values.isEmpty else { return nil }
        return JSONWriter.text { writer in
            writer.object { writer in
                for (name, value) in values { writer.member(name, raw: value.slice) }
            }
        }
    }

    /// Writes `params` as an event has them.
    static func write(_ attributes: [Attribute], to writer: inout JSONWriter) {
        let found = names.compactMap { ours, theirs in
            attributes["gen_ai.request.\(theirs)"].map { (ours[0].description, $0) }
        }
        let given = JSONDocument.value(attributes["llm.invocation_parameters"]?.text)
        let isGiven = found.isEmpty && given?.kind == .object
        guard !found.isEmpty || isGiven else { return }
        writer.name("params")
        writer.object { writer in
            for (name, value) in found {
                writer.name(name)
                value.write(to: &writer)
            }
            guard isGiven, let given else { return }
            for (name, value) in given.members { writer.member(ourName(name), raw: value.slice) }
        }
    }

    private static func ourName(_ name: String) -> String {
        for (ours, theirs) in names where theirs == name || ours.contains(where: { $0.description == name }) {
            return ours[0].description
        }
        return name
    }
}

extension AttributeValue {
    /// A JSON value as an attribute; objects as their text, since few readers take others.
    init?(_ value: JSONValue) {
        switch value.kind {
        case .null: return nil
        case .true: self = .boolean(true)
        case .false: self = .boolean(false)
        case .string: self = .string(value.string ?? "")
        case .number:
            if let integer = value.integer {
                self = .integer(Int64(integer))
            } else {
                self = .double(String(decoding: value.slice, as: UTF8.self))
            }
        case .array: self = .array(value.children.compactMap { AttributeValue($0) })
        case .object: self = .string(String(decoding: value.slice, as: UTF8.self))
        }
    }

    /// The value as JSON.
    func write(to writer: inout JSONWriter) {
        switch self {
        case .string(let text): writer.string(text)
        case .boolean(let flag): writer.boolean(flag)
        case .integer(let number): writer.raw(Array(String(number).utf8))
        case .double(let text): writer.raw(Array(text.utf8))
        case .array(let values):
            writer.array { writer in
                for value in values { value.write(to: &writer) }
            }
        case .object(let members):
            writer.object { writer in
                for member in members {
                    writer.name(member.key)
                    member.value.write(to: &writer)
                }
            }
        case .bytes(let bytes): writer.string(Base64.text(bytes))
        }
    }

    /// A string as it is, anything else as JSON.
    var text: String {
        if case .string(let text) = self { return text }
        return JSONWriter.text { write(to: &$0) }
    }
}

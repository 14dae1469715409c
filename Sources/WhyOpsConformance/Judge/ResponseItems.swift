/// The output items of a Responses reply, with every copy of their texts.
struct ResponseItems {
    /// Where a text stands.
    struct Place: Hashable, Comparable {
        var output: Int
        var part: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.output, left.part) < (right.output, right.part)
        }
    }

    /// The final response, where one came.
    private var final: JSON?
    /// The last form of each item of a stream.
    private var streamed: [Int: JSON] = [:]
    /// The texts of the deltas, joined.
    private(set) var deltas: [Place: [UInt8]] = [:]
    /// The texts that later events repeat.
    private(set) var copies: [(event: String, place: Place, text: [UInt8])] = []

    private var items: [JSON] {
        if let output = final?["output"]?.array, !output.isEmpty || streamed.isEmpty { return output }
        return streamed.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Whether nothing came that says what the reply is.
    var isEmpty: Bool { final == nil && streamed.isEmpty }

    mutating func readFinal(_ reply: JSON) {
        if reply["output"] != nil { final = reply }
    }

    mutating func read(_ event: JSON) {
        let type = event["type"]?.text ?? ""
        let place = Place(output: event["output_index"]?.integer ?? 0, part: event["content_index"]?.integer ?? 0)
        switch type {
        case "response.output_item.added", "response.output_item.done":
            streamed[place.output] = event["item"]
            if type.hasSuffix("done"), let item = event["item"] { copy(item, place.output, type) }
        case "response.output_text.delta":
            deltas[place] = WTF8.join(deltas[place] ?? [], event["delta"]?.bytes ?? [])
        case "response.output_text.done":
            if let text = event["text"]?.bytes { copies.append((type, place, text)) }
        case "response.content_part.done":
            if event["part"]?["type"]?.text == "output_text", let text = event["part"]?["text"]?.bytes {
                copies.append((type, place, text))
            }
        case "response.completed", "response.incomplete", "response.failed":
            final = event["response"]
            for (index, item) in (final?["output"]?.array ?? []).enumerated() { copy(item, index, type) }
        default: break
        }
    }

    private mutating func copy(_ item: JSON, _ output: Int, _ type: String) {
        for (index, part) in (item["content"]?.array ?? []).enumerated() where part["type"]?.text == "output_text" {
            if let text = part["text"]?.bytes { copies.append((type, Place(output: output, part: index), text)) }
        }
    }

    /// The texts, message by message and part by part.
    private var parts: [[[UInt8]]] {
        items.enumerated().compactMap { output, item in
            guard item["type"]?.text == "message" else { return nil }
            let content = item["content"]?.array ?? []
            // A stream that broke off has deltas only.
            if content.isEmpty {
                return deltas.filter { $0.key.output == output }.sorted { $0.key < $1.key }.map(\.value)
            }
            return content.compactMap { $0["type"]?.text == "output_text" ? $0["text"]?.bytes : nil }
        }
    }

    /// All texts together.
    var text: [UInt8] { Array(parts.joined().joined()) }

    func facts(_ usage: JSON?) -> [String: JSON] {
        var facts: [String: JSON] = [:]
        facts["usage"] = usage
        facts["finish_reason"] = .array([finishReason])
        facts["text_parts"] = .array(parts.map { .array($0.map { .string($0) }) })
        facts["output_types"] = .array(items.map { $0["type"] ?? .null })
        facts["refusal"] = .array(
            items.flatMap { $0["content"]?.array ?? [] }.filter { $0["type"]?.text == "refusal" }
                .map { $0["refusal"] ?? .null }
        )
        let calls = items.filter { ["function_call", "custom_tool_call"].contains($0["type"]?.text) }
        facts["tool_calls"] = .array([
            .array(
                calls.map { call in
                    .object([
                        .init("id", call["call_id"] ?? .null), .init("type", call["type"] ?? .null),
                        .init("name", call["name"] ?? .null),
                        .init("arguments", call["arguments"] ?? call["input"] ?? .null),
                    ])
                }
            )
        ])
        return facts
    }

    private var finishReason: JSON {
        guard let status = final?["status"]?.text else { return .null }
        guard let reason = final?["incomplete_details"]?["reason"]?.text else { return .text(status) }
        return .text("\(status):\(reason)")
    }
}

/// What profile `strict` asks of metadata (EVT-32 to EVT-36).
struct StrictMetadataRules {
    let type: EventType

    func check(_ metadata: JSONTape.Index?, in document: borrowing JSONDocument, _ faults: inout FaultList) {
        guard let metadata, document.tape.kind(metadata) == .object else { return }
        name("tool", of: metadata, in: document, &faults)
        name("model", of: metadata, in: document, &faults)
        name("provider", of: metadata, in: document, &faults)
        if let model = document.something("model", of: metadata), document.tape.kind(model) == .string,
            let length = document.length(of: model, over: 200), length <= NameRules.maximum
        {
            faults.add(
                [.member("metadata"), .member("model")],
                rule: "model.maxLength",
                code: "too_big",
                "At most 200 UTF-16 code units, got \(length)"
            )
        }
        if let usage = document.something("usage", of: metadata) { check(usage: usage, in: document, &faults) }
        if let latency = document.something("latencyMs", of: metadata),
            document.tape.kind(latency) != .number || document.isNegative(latency)
        {
            faults.add(
                [.member("metadata"), .member("latencyMs")],
                rule: "latencyMs.nonNegative",
                code: "too_small",
                "Expected a number of milliseconds from 0 up"
            )
        }
    }

    private func name(
        _ name: StaticString,
        of metadata: JSONTape.Index,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        guard let index = document.something(name, of: metadata) else { return }
        let isString = document.tape.kind(index) == .string
        if isString, !document.tape.contentRange(index).isEmpty { return }
        // The rule `required` has been reported for what counts as missing (EVT-13, EVT-32).
        if type.needsModel, !name.isTool, !document.isTruthy(index) { return }
        faults.add(
            [.member("metadata"), .member(name.description)],
            rule: "metadata.\(name).\(isString ? "minLength" : "type")",
            code: isString ? "too_small" : "invalid_type",
            isString ? "Must not be empty; leave it out where it is not known" : "Expected a string"
        )
    }

    private func check(usage: JSONTape.Index, in document: borrowing JSONDocument, _ faults: inout FaultList) {
        let tape = document.tape
        guard tape.kind(usage) == .object else {
            faults.add(
                [.member("metadata"), .member("usage")],
                rule: "usage.type",
                code: "invalid_type",
                "Expected an object such as {\"promptTokens\": 42, \"completionTokens\": 16}"
            )
            return
        }
        // One look at each member, the last of a repeated name counts: a hostile body must not cost more than its length.
        var isWrong = InlineArray<21, Bool>(repeating: false)
        let end = tape.next(usage)
        var position = usage + 1
        while position < end {
            let value = position + 1
            if let name = Self.countName(position, in: document) { isWrong[name] = !Self.isCount(value, in: document) }
            position = tape.next(value)
        }
        for name in 0..<21 where isWrong[name] {
            faults.add(
                [.member("metadata"), .member("usage"), .member(Self.countNames[name].description)],
                rule: "usage.nonNegativeInteger",
                code: "invalid_type",
                "Expected a whole number of tokens from 0 to 9007199254740991"
            )
        }
    }

    private static func isCount(_ value: JSONTape.Index, in document: borrowing JSONDocument) -> Bool {
        switch document.tape.kind(value) {
        case .null: true
        case .number:
            if case .value(let count) = document.wholeNumber(value) {
                count >= 0 && count <= 9_007_199_254_740_991
            } else {
                false
            }
        default: false
        }
    }

    /// The place of a member's name among the names of token counts.
    private static func countName(_ name: JSONTape.Index, in document: borrowing JSONDocument) -> Int? {
        for index in 0..<21 where document.isString(name, countNames[index]) { return index }
        return nil
    }

    private static let countNames: InlineArray<21, StaticString> = [
        "promptTokens", "completionTokens", "totalTokens", "cacheReadTokens", "cacheCreationTokens",
        "cacheWriteTokens", "cacheWrite5mTokens", "cacheWrite1hTokens", "inputTokens", "outputTokens",
        "cachedTokens", "cacheRead", "cacheWrite", "input", "output", "total", "prompt_tokens",
        "completion_tokens", "total_tokens", "input_tokens", "output_tokens",
    ]
}

extension StaticString {
    fileprivate var isTool: Bool { utf8CodeUnitCount == 4 }
}

// Replies and the runs of tools, which both carry tool calls.

extension StrictObjectCheck {
    // MARK: Replies

    /// EVT-41 and EVT-42.
    mutating func response(in document: borrowing JSONDocument) {
        let tape = document.tape
        if let text = document.something("content", of: content), tape.kind(text) != .string {
            add("content", rule: "content.type", "Expected the reply's text, a string or null")
        }
        if let reason = document.something("finishReason", of: content) {
            if tape.kind(reason) != .string {
                add("finishReason", rule: "content.type", "Expected a string such as stop")
            } else if let length = document.length(of: reason, over: 100), length <= NameRules.maximum {
                add(
                    "finishReason",
                    rule: "finishReason.maxLength",
                    code: "too_big",
                    "At most 100 UTF-16 code units, got \(length)"
                )
            }
        }
        guard let calls = document.something("toolCalls", of: content) else { return }
        forEachCall(calls, in: document) { check, item, number, document in
            let place: [InputFault.Step] = [.member("toolCalls"), .item(number)]
            let function = document.something("function", of: item).flatMap {
                document.tape.kind($0) == .object ? $0 : nil
            }
            let isFlat = function == nil && document.something("name", of: item) != nil
            let call = function ?? item
            let path = isFlat ? place : place + [.member("function")]
            if function == nil && !isFlat {
                check.add(path + [.member("name")], rule: "toolCall.name.required", "Required: the tool's name")
                return
            }
            if !document.isText(document.member("name", of: call)) {
                check.add(path + [.member("name")], rule: "toolCall.name.required", "Required: the tool's name")
            }
            if let arguments = document.something("arguments", of: call), document.tape.kind(arguments) != .string {
                check.add(
                    path + [.member("arguments")],
                    rule: "toolCall.arguments.type",
                    "Expected a string that holds JSON, as the model wrote it"
                )
            }
        }
    }

    // MARK: Tools

    /// EVT-43.
    mutating func toolCalls(in document: borrowing JSONDocument) {
        guard let calls = document.something("toolCalls", of: content) else {
            add("toolCalls", rule: "toolCalls.type", "Required: an array of {\"name\", \"arguments\"}")
            return
        }
        forEachCall(calls, in: document) { check, item, number, document in
            guard document.something("type", of: item) == nil else { return }
            let place: [InputFault.Step] = [.member("toolCalls"), .item(number)]
            if !document.isText(document.member("name", of: item)) {
                check.add(place + [.member("name")], rule: "toolCall.name.required", "Required: the tool's name")
            }
            if let arguments = document.something("arguments", of: item), document.tape.kind(arguments) != .object {
                check.add(
                    place + [.member("arguments")],
                    rule: "toolCall.arguments.type",
                    "Expected an object, not JSON in a string"
                )
            }
        }
    }

    mutating func forEachCall(
        _ calls: JSONTape.Index,
        in document: borrowing JSONDocument,
        _ each: (inout StrictObjectCheck, JSONTape.Index, Int, borrowing JSONDocument) -> Void
    ) {
        let tape = document.tape
        guard tape.kind(calls) == .array else {
            add("toolCalls", rule: "toolCalls.type", "Expected an array of tool calls")
            return
        }
        var item = calls + 1
        var number = 0
        while item < tape.next(calls) {
            if tape.kind(item) == .object {
                each(&self, item, number, document)
            } else {
                add([.member("toolCalls"), .item(number)], rule: "toolCalls.type", "Expected an object")
            }
            item = tape.next(item)
            number += 1
        }
    }

    /// EVT-45; a tool may have returned `null`.
    mutating func results(_ names: [StaticString], in document: borrowing JSONDocument) {
        for name in names where document.member(name, of: content) != nil { return }
        add("toolResults", rule: "toolResults.required", "Required: what the tool returned, null included")
    }

    /// EVT-46.
    mutating func toolResult(in document: borrowing JSONDocument) {
        if !document.isText(document.member("toolName", of: content)) {
            add("toolName", rule: "toolName.required", "Required: the tool's name")
        }
        if document.member("output", of: content) == nil {
            add("output", rule: "output.required", "Required: what the tool returned, null included")
        }
    }

    /// EVT-44.
    mutating func time(_ name: StaticString, in document: borrowing JSONDocument) {
        guard let time = document.something(name, of: content), !document.isTimestamp(time) else { return }
        add(
            name,
            rule: "\(name).format",
            code: "invalid_string",
            "Expected an RFC 3339 time with Z or an offset, such as 2026-03-28T10:15:30.000Z"
        )
    }
}

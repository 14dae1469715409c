/// Judges a stream that came out in one piece.
struct StreamJudge {
    private let judge: EmbedJudge
    private let reply: [UInt8]

    init(_ judge: EmbedJudge, _ reply: [UInt8]) {
        self.judge = judge
        self.reply = reply
    }

    func fault(in output: [UInt8]) -> String? {
        let isSigned = judge.signed.contains(true)
        if judge.expected["unchanged"]?.bool == true, output != reply {
            return OutputJudge.difference("stream (has to stay as it came)", output, reply)
        }
        let before = StreamReader(reply)
        let after = StreamReader(output)
        let reading = ReplyReader(events: after.events, format: judge.format)
        if let fault = judge.fault(in: reading) { return fault }
        guard before.comments == after.comments else { return "comments differ" }
        if let fault = eventFault(before.events, after.events) { return fault }
        guard judge.format == "responses" else { return nil }
        return copyFault(reading.items, ReplyReader(events: before.events, format: judge.format).items, isSigned)
            ?? sequenceFault(before.events, after.events)
    }

    /// Every event of the reply comes out in order, and what comes in addition is a piece of text of ours.
    private func eventFault(_ before: [StreamReader.Event], _ after: [StreamReader.Event]) -> String? {
        var expected = before[...]
        var added = 0
        var isOver = false
        for (index, event) in after.enumerated() {
            if let next = expected.first, next == event || next.shape == event.shape {
                expected.removeFirst()
                isOver = isOver || endsTexts(event)
            } else {
                added += 1
                if isOver { return "event \(index): comes after the end" }
                if let fault = addedFault(event, before) { return "event \(index): \(fault)" }
            }
        }
        if let missing = expected.first {
            return "an event is missing: \(String(decoding: missing.data.prefix(120), as: UTF8.self))"
        }
        return added <= max(judge.texts.count, 1) ? nil : "\(added) events in addition"
    }

    /// Whether clients read no text after the event (EXC-63).
    private func endsTexts(_ event: StreamReader.Event) -> Bool {
        guard let data = JSON(event.data) else { return event.data.elementsEqual("[DONE]".utf8) }
        if judge.format == "chat" { return data["error"].map { $0 != .null } ?? false }
        let ends = ["message_stop", "error", "response.completed", "response.incomplete", "response.failed"]
        return ends.contains(data["type"]?.text ?? "")
    }

    /// EXC-32, EXC-33
    private func addedFault(_ event: StreamReader.Event, _ before: [StreamReader.Event]) -> String? {
        guard let data = JSON(event.data) else { return "is not the upstream's" }
        switch judge.format {
        case "messages":
            let isDelta =
                event.fields == [Array("event: content_block_delta".utf8)]
                && data["type"]?.text == "content_block_delta" && data["delta"]?["type"]?.text == "text_delta"
            return isDelta ? nil : "is neither the upstream's nor a text_delta"
        case "responses":
            return data["type"]?.text == "response.output_text.delta" ? nil : "is neither the upstream's nor a delta"
        default:
            let originals = before.compactMap { JSON($0.data) }
            for name in ["id", "object", "created", "model"] {
                guard originals.contains(where: { $0[name] == data[name] }) else {
                    return "has a \(name) that the upstream did not send"
                }
            }
            return event.fields.isEmpty && data["choices"]?.array.count == 1 ? nil : "is no delta of one choice"
        }
    }

    /// In a Responses stream every copy of a text agrees with the joined deltas, as far as the upstream's did.
    private func copyFault(_ after: ResponseItems, _ before: ResponseItems, _ isSigned: Bool) -> String? {
        guard after.copies.count == before.copies.count else { return "copies of texts are missing" }
        for (copy, original) in zip(after.copies, before.copies) {
            let agreed = before.deltas[original.place] == original.text
            if agreed ? after.deltas[copy.place] != copy.text : copy.text != original.text {
                return "the text of \(copy.event) does not agree with the deltas"
            }
        }
        if isSigned, after.deltas.filter({ before.deltas[$0.key] != $0.value }).count > 1 {
            return "more than one text has changed"
        }
        return nil
    }

    /// Each event in addition takes a number, and all later ones move on by one.
    private func sequenceFault(_ before: [StreamReader.Event], _ after: [StreamReader.Event]) -> String? {
        func numbers(_ events: [StreamReader.Event]) -> [Int] {
            events.compactMap { JSON($0.data)?["sequence_number"]?.integer }
        }
        let (old, new) = (numbers(before), numbers(after))
        guard new.count > old.count else { return new == old ? nil : "sequence_number has changed" }
        let isCounting = zip(new, new.dropFirst()).allSatisfy { $0 < $1 }
        let firstChange = zip(old, new).prefix { $0 == $1 }.count
        let wanted = old[..<firstChange] + (firstChange > 0 ? [old[firstChange - 1] + 1] : [])
        let rest = old[firstChange...].map { $0 + 1 }
        let joined = Array(wanted) + rest
        return new == joined && isCounting ? nil : "sequence_number: \(new), expected \(joined)"
    }
}

/// A whole reply gains frames only where a client reads text, and stays the same JSON value otherwise.
func checkReply(_ input: [UInt8]) {
    let plain = PlainJSON(input)
    for format in ExchangeFormat.allCases {
        for (policy, version) in [(SignaturePolicy.careful, 2), (.always, 2), (.always, 1)] {
            let frame = FuzzKeys.frame("id-7", version: version)
            guard let reply = WholeReply(input, format: format, frame: frame, policy: policy),
                let unsigned = WholeReply(input, format: format, frame: nil)
            else {
                require(plain == nil, "PRX-16: only what is no JSON is refused")
                continue
            }
            require(unsigned.edits.isEmpty, "EXC-26: nothing changes without a frame")
            if plain == nil {
                // Deeper or longer than is read, so that nobody has seen that it is no JSON.
                let isLeft = reply.edits.isEmpty && !reply.capture.isComplete
                require(isLeft, "EXC-38: what is not read passes as it came")
                continue
            }
            require(reply.edits.allSatisfy { $0.range.isEmpty && $0.replacement == frame }, "EXC-20: frames only")
            let output = input.applying(reply.edits)
            require(output.count == input.count + reply.edits.count * frame.count, "every edit is applied")
            require(PlainJSON(output) != nil, "EXC-20: JSON became \(shown(output))")
            guard let read = WholeReply(output, format: format, frame: nil) else {
                fatalError("broken: what was signed cannot be read")
            }
            require(isSigned(read.capture, unsigned.capture, by: frame), "EXC-20: \(shown(output))")
            checkEvents(unsigned.capture)
        }
    }
}

/// EXC-50 and EXC-52.
private func checkEvents(_ capture: ReplyCapture) {
    guard let fresh = TraceID("fresh") else { return }
    let resolution = TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: fresh)
    let events = ExchangeEvents(resolution: resolution, agentName: "a", externalUserID: nil, spanID: "s", provider: "p")
    for event in events.reply(capture, model: "m", ending: .complete, latency: 1, firstToken: nil, at: "t") {
        guard let json = PlainJSON(event.json) else {
            fatalError("broken: the event is no JSON: \(shown(event.json))")
        }
        guard event.eventType == .llmResponse, case .string(let units)? = json["content"]?["content"] else { continue }
        let text = Array(String(decoding: units, as: UTF16.self).utf8)
        require(InvisibleSignature.strip(text) == text, "EXC-52: content without frames")
    }
}

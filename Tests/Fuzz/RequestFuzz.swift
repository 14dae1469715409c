/// What is forwarded is the body without frames and without our tool argument, and nothing else.
func checkRequest(_ input: [UInt8]) {
    let plain = PlainJSON(input)
    for keys in [nil, FuzzKeys.all] {
        let forwarded = PassThroughBody.forwarded(input, keys: keys)
        guard let plain else {
            require(forwarded == input, "EXC-7: what is no JSON passes as it came")
            continue
        }
        guard let result = PlainJSON(forwarded) else {
            fatalError("broken: JSON became \(shown(forwarded))")
        }
        let expected = withoutFrames(plain, keys)
        if !namesOurs(plain), !namesOurs(expected) {
            require(result == expected, "EXC-1, EXC-3: \(shown(forwarded))")
            require(forwarded.count == input.count || expected != plain, "EXC-4: \(shown(forwarded))")
        } else {
            require(isPart(of: expected, result), "EXC-2: only members of ours go: \(shown(forwarded))")
        }
        for format in ExchangeFormat.allCases { checkReading(input, format, keys, forwarded: forwarded) }
    }
}

private func checkReading(_ body: [UInt8], _ format: ExchangeFormat, _ keys: SigningKeys?, forwarded: [UInt8]) {
    do throws(ExchangeFault) {
        let reading = try RequestReading(body, format: format, keys: keys)
        require(reading.forwarded == forwarded, "every route forwards the same")
        if reading.edits.isEmpty { require(forwarded == body, "EXC-4") }
        guard let fresh = TraceID("fresh") else { return }
        let resolution = TraceResolution(
            traceHeader: nil,
            threadHeader: nil,
            turns: reading.turns,
            known: [:],
            fresh: fresh
        )
        require(resolution.links.count <= TraceResolution.maximumLinks, "TRC-10")
        let events = ExchangeEvents(
            resolution: resolution,
            agentName: "a",
            externalUserID: nil,
            spanID: "s",
            provider: "p"
        )
        let event = events.request(reading, at: "2026-03-28T10:15:30.000Z").json
        require(PlainJSON(event) != nil, "EXC-50: the event is JSON: \(shown(event))")
    } catch {
        require(!error.message.isEmpty && !error.code.isEmpty, "a fault says what is wrong")
    }
}

private let ours = Array("_whyops_trace_id".utf16)

/// Whether a member of ours may be meant anywhere, as a name or inside a string.
private func namesOurs(_ value: PlainJSON) -> Bool {
    switch value {
    case .object(let members): members.contains { $0.name == ours || namesOurs($0.value) }
    case .array(let items): items.contains { namesOurs($0) }
    case .string(let units): units.contains(0x5C) || String(decoding: units, as: UTF16.self).contains("_whyops")
    case .word: false
    }
}

/// EXC-1.
private func withoutFrames(_ value: PlainJSON, _ keys: SigningKeys?) -> PlainJSON {
    switch value {
    case .object(let members):
        if let type = value["type"],
            ["thinking", "redacted_thinking", "reasoning"].contains(where: { type.isString($0) })
        {
            return value
        }
        return .object(members.map { PlainJSON.Member(name: $0.name, value: withoutFrames($0.value, keys)) })
    case .array(let items): return .array(items.map { withoutFrames($0, keys) })
    case .string(let units):
        let spelled = units.flatMap { unit in
            let digits = String(unit, radix: 16)
            return Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
        }
        let signing = keys == nil ? [] : [FuzzKeys.active, FuzzKeys.old].compactMap { $0 }
        let kept = PlainFrames(spelled, escapes: true, keys: signing).kept
        return PlainJSON([0x22] + kept + [0x22]) ?? value
    case .word: return value
    }
}

/// Whether a value is another one without some members named as ours; strings that may hold such a member are not compared.
private func isPart(of whole: PlainJSON, _ part: PlainJSON) -> Bool {
    switch (whole, part) {
    case (.object(let members), .object(let kept)):
        var rest = kept[...]
        for member in members {
            if let next = rest.first, next.name == member.name, isPart(of: member.value, next.value) {
                rest = rest.dropFirst()
            } else if member.name != ours {
                return false
            }
        }
        return rest.isEmpty
    case (.array(let items), .array(let kept)):
        return items.count == kept.count && zip(items, kept).allSatisfy { isPart(of: $0, $1) }
    case (.string, .string): return whole == part || namesOurs(whole)
    default: return whole == part
    }
}

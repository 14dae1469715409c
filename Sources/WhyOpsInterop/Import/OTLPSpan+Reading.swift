import WhyOps

// A span out of JSON, read as tolerantly as can be told what is meant.

extension OTLPSpan {
    /// Reads a span; `nil` where its ids are none.
    init?(_ value: JSONValue) {
        guard let trace = Self.id(value["traceId"], count: 16), let span = Self.id(value["spanId"], count: 8)
        else { return nil }
        let kind = value["kind"]?.integer.flatMap { Kind(rawValue: $0) } ?? .unspecified
        let start = Self.time(value["startTimeUnixNano"])
        self.init(
            traceID: trace,
            spanID: span,
            name: value.text("name") ?? "",
            kind: kind,
            start: start ?? 0,
            end: Self.time(value["endTimeUnixNano"]) ?? start ?? 0
        )
        parentID = Self.id(value["parentSpanId"], count: 8)
        attributes = Self.attributes(value["attributes"])
        events = (value.list("events") ?? []).map { event in
            Event(
                name: event.text("name") ?? "",
                time: Self.time(event["timeUnixNano"]) ?? self.start,
                attributes: Self.attributes(event["attributes"])
            )
        }
        let code = value["status"]?["code"]
        if code?.integer == 2 || code?.string == "STATUS_CODE_ERROR" { status = .error }
        if code?.integer == 1 || code?.string == "STATUS_CODE_OK" { status = .ok }
        statusMessage = value["status"]?.text("message")
    }

    /// Digits as OTLP has them, or base64 as everything has it that knows Protocol Buffers alone; their lengths tell them apart.
    private static func id(_ value: JSONValue?, count: Int) -> [UInt8]? {
        guard let text = value?.string else { return nil }
        return Hex.bytes(text, count: count) ?? Base64.bytes(text, count: count)
    }

    /// A number of nanoseconds, as a string or as a number.
    private static func time(_ value: JSONValue?) -> UInt64? {
        guard let value else { return nil }
        return UInt64(value.string ?? value.number ?? "")
    }

    /// Reads a list of names and values.
    static func attributes(_ list: JSONValue?) -> [Attribute] {
        list?.list.compactMap { item in
            guard let key = item.text("key"), let value = item["value"].flatMap(Self.value) else { return nil }
            return Attribute(key, value)
        } ?? []
    }

    private static func value(_ value: JSONValue) -> AttributeValue? {
        if let text = value["stringValue"]?.string ?? value["bytesValue"]?.string { return .string(text) }
        if let flag = value["boolValue"] { return .boolean(flag.kind == .true) }
        if let number = value["intValue"] {
            return Int64(number.string ?? number.number ?? "").map { .integer($0) }
        }
        if let number = value["doubleValue"]?.number { return .double(number) }
        if let list = value["arrayValue"] { return .array(list["values"]?.list.compactMap(Self.value) ?? []) }
        if let list = value["kvlistValue"] { return .object(attributes(list["values"])) }
        return nil
    }
}

extension [Attribute] {
    /// The first of some names that has a text.
    func text(_ names: String...) -> String? {
        for name in names {
            if let value = self[name] {
                let text = value.text
                if !text.isEmpty { return text }
            }
        }
        return nil
    }

    /// The first of some names that has a count, in whatever kind of value.
    func count(_ names: String...) -> Int? {
        for name in names {
            switch self[name] {
            case .integer(let number): if number >= 0 { return Int(clamping: number) }
            case .double(let text), .string(let text):
                if let number = Double(text), number >= 0, number < 9e15 { return Int(number) }
            default: break
            }
        }
        return nil
    }

    /// The items of a flat list: `prefix.0.rest`, in the order of their numbers.
    func items(_ prefix: String) -> [[Attribute]] {
        let start = prefix + "."
        var items: [Int: [Attribute]] = [:]
        for attribute in self where attribute.key.hasPrefix(start) {
            let rest = attribute.key.dropFirst(start.count)
            guard let dot = rest.firstIndex(of: "."), let place = Int(rest[..<dot]), place >= 0 else { continue }
            items[place, default: []].append(Attribute(String(rest[rest.index(after: dot)...]), attribute.value))
        }
        return items.keys.sorted().compactMap { items[$0] }
    }
}

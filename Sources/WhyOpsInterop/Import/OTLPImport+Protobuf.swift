import WhyOps

// A request as a message of Protocol Buffers (IOP-54); the numbers are those of opentelemetry-proto 1.x, and others are left out.

extension OTLPImport {
    /// Takes the spans of a request in Protocol Buffers, all or none; those without ids are `unreadable`.
    ///
    /// - Throws: `ProtobufFault` where the request is damaged.
    public mutating func add(protobuf bytes: [UInt8]) throws(ProtobufFault) {
        var request = ProtobufReader(bytes)
        var groups: [(resource: [Attribute], spans: [OTLPSpan?])] = []
        while let field = try request.next() {
            guard field.number == 1 else { continue }
            var group = try request.message(field)
            var resource: [Attribute] = []
            var spans: [OTLPSpan?] = []
            while let field = try group.next() {
                switch field.number {
                case 1:
                    var message = try group.message(field)
                    while let field = try message.next() {
                        if field.number == 1 { try message.attribute(field, &resource) }
                    }
                case 2:
                    var scope = try group.message(field)
                    while let field = try scope.next() {
                        if field.number == 2 { spans.append(try OTLPSpan(scope.message(field))) }
                    }
                default: break
                }
            }
            groups.append((resource, spans))
        }
        for group in groups { take(group.spans, resource: group.resource) }
    }
}

extension OTLPSpan {
    /// Reads a span; `nil` where its ids are none.
    fileprivate init?(_ message: ProtobufReader) throws(ProtobufFault) {
        var message = message
        var (traceID, spanID, parentID): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        var span = OTLPSpan(traceID: [], spanID: [], name: "", kind: .unspecified, start: 0, end: 0)
        while let field = try message.next() {
            switch field.number {
            case 1: traceID = try message.data(field)
            case 2: spanID = try message.data(field)
            case 4: parentID = try message.data(field)
            case 5: span.name = try message.text(field)
            case 6: span.kind = Kind(rawValue: Int(truncatingIfNeeded: try message.number(field))) ?? .unspecified
            case 7: span.start = try message.fixed64(field)
            case 8: span.end = try message.fixed64(field)
            case 9: try message.attribute(field, &span.attributes)
            case 11: span.events.append(try Event(message.message(field)))
            case 15:
                var status = try message.message(field)
                while let field = try status.next() {
                    if field.number == 2 { span.statusMessage = try status.text(field) }
                    if field.number == 3 {
                        span.status = Status(rawValue: Int(truncatingIfNeeded: try status.number(field))) ?? .unset
                    }
                }
            default: break
            }
        }
        guard traceID.count == 16, spanID.count == 8 else { return nil }
        span.traceID = traceID
        span.spanID = spanID
        span.parentID = parentID.count == 8 ? parentID : nil
        if span.end == 0 { span.end = span.start }
        // An event without a time happened when its span began.
        for index in span.events.indices where span.events[index].time == 0 { span.events[index].time = span.start }
        self = span
    }
}

extension OTLPSpan.Event {
    fileprivate init(_ message: ProtobufReader) throws(ProtobufFault) {
        var message = message
        self.init(name: "", time: 0, attributes: [])
        while let field = try message.next() {
            switch field.number {
            case 1: time = try message.fixed64(field)
            case 2: name = try message.text(field)
            case 3: try message.attribute(field, &attributes)
            default: break
            }
        }
    }
}

extension ProtobufReader {
    /// More than anybody nests, and less than a stack has.
    private static let maximumDepth = 64

    /// Reads a name and its value; without a value it is none.
    fileprivate func attribute(
        _ field: Field,
        _ list: inout [Attribute],
        depth: Int = 0
    ) throws(ProtobufFault) {
        var pair = try message(field)
        var key = ""
        var value: AttributeValue?
        while let field = try pair.next() {
            switch field.number {
            case 1: key = try pair.text(field)
            case 2: value = try pair.value(field, depth: depth)
            default: break
            }
        }
        if let value { list.append(Attribute(key, value)) }
    }

    private func value(_ field: Field, depth: Int) throws(ProtobufFault) -> AttributeValue? {
        guard depth < Self.maximumDepth else {
            throw ProtobufFault(place: field.place, message: "values stand in more than \(Self.maximumDepth) others")
        }
        var message = try message(field)
        var value: AttributeValue?
        while let field = try message.next() {
            switch field.number {
            case 1: value = .string(try message.text(field))
            case 2: value = .boolean(try message.number(field) != 0)
            case 3: value = .integer(Int64(bitPattern: try message.number(field)))
            case 4:
                let number = Double(bitPattern: try message.fixed64(field))
                // JSON has no other numbers.
                value = number.isFinite ? .double("\(number)") : .string("\(number)")
            case 5:
                var list = try message.message(field)
                var values: [AttributeValue] = []
                while let field = try list.next() {
                    if field.number == 1, let value = try list.value(field, depth: depth + 1) { values.append(value) }
                }
                value = .array(values)
            case 6:
                var list = try message.message(field)
                var members: [Attribute] = []
                while let field = try list.next() {
                    if field.number == 1 { try list.attribute(field, &members, depth: depth + 1) }
                }
                value = .object(members)
            case 7: value = .bytes(try message.data(field))
            default: break
            }
        }
        return value
    }
}

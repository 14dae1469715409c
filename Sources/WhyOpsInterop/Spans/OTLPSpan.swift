/// A value of an attribute.
public enum AttributeValue: Hashable, Sendable {
    case string(String)
    case boolean(Bool)
    case integer(Int64)
    /// A number with a fraction, as it is spelt.
    case double(String)
    case array([AttributeValue])
    case object([Attribute])
    case bytes([UInt8])
}

/// A named value of a span, a resource, a link or an event of a span.
public struct Attribute: Hashable, Sendable {
    /// Its name.
    public var key: String
    /// What it is.
    public var value: AttributeValue

    /// Combines a name and a value.
    public init(_ key: String, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }
}

/// A span as OTLP has it (opentelemetry.proto.trace.v1.Span).
public struct OTLPSpan: Hashable, Sendable {
    /// What a span is to the services around it; the numbers are those of OTLP.
    public enum Kind: Int, Sendable {
        case unspecified, `internal`, server, client, producer, consumer
    }

    /// How a span ended; the numbers are those of OTLP.
    public enum Status: Int, Sendable {
        case unset, ok, error
    }

    /// Something that happened within a span.
    public struct Event: Hashable, Sendable {
        /// What it was.
        public var name: String
        /// Nanoseconds since 1970.
        public var time: UInt64
        /// What is known of it.
        public var attributes: [Attribute]
    }

    /// Another span that this one has to do with.
    public struct Link: Hashable, Sendable {
        /// 16 bytes.
        public var traceID: [UInt8]
        /// 8 bytes.
        public var spanID: [UInt8]
        /// Why it is linked.
        public var attributes: [Attribute]
    }

    /// 16 bytes.
    public var traceID: [UInt8]
    /// 8 bytes.
    public var spanID: [UInt8]
    /// 8 bytes; `nil` of a root.
    public var parentID: [UInt8]?
    /// What was done, and by what.
    public var name: String
    /// What it is to the services around it.
    public var kind: Kind
    /// Nanoseconds since 1970.
    public var start: UInt64
    /// Nanoseconds since 1970.
    public var end: UInt64
    /// What is known of it.
    public var attributes: [Attribute] = []
    /// What happened within it.
    public var events: [Event] = []
    /// Other spans that it has to do with.
    public var links: [Link] = []
    /// How it ended.
    public var status = Status.unset
    /// What went wrong.
    public var statusMessage: String?

    init(traceID: [UInt8], spanID: [UInt8], name: String, kind: Kind, start: UInt64, end: UInt64) {
        self.traceID = traceID
        self.spanID = spanID
        self.name = name
        self.kind = kind
        self.start = start
        self.end = end
    }

    /// About how many bytes the span takes when it is sent.
    public var weight: Int {
        var weight = 200 + name.utf8.count
        for attribute in attributes { weight += attribute.weight }
        for event in events {
            weight += 60 + event.name.utf8.count
            for attribute in event.attributes { weight += attribute.weight }
        }
        return weight + 120 * links.count
    }
}

extension Attribute {
    fileprivate var weight: Int { key.utf8.count + 40 + value.weight }
}

extension AttributeValue {
    fileprivate var weight: Int {
        switch self {
        case .string(let text), .double(let text): text.utf8.count
        case .boolean, .integer: 20
        case .array(let values): values.reduce(0) { $0 + 20 + $1.weight }
        case .object(let members): members.reduce(0) { $0 + $1.weight }
        case .bytes(let bytes): bytes.count * 4 / 3
        }
    }
}

extension [Attribute] {
    mutating func add(_ key: String, _ text: String?) {
        if let text { append(Attribute(key, .string(text))) }
    }

    mutating func add(_ key: String, _ number: Int?) {
        if let number { append(Attribute(key, .integer(Int64(number)))) }
    }

    mutating func add(_ key: String, _ flag: Bool?) {
        if let flag { append(Attribute(key, .boolean(flag))) }
    }

    mutating func add(_ key: String, value: AttributeValue?) {
        if let value { append(Attribute(key, value)) }
    }

    /// The value under a name; the last one where it occurs twice.
    subscript(_ key: String) -> AttributeValue? { last { $0.key == key }?.value }
}

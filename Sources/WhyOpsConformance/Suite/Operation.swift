/// An operation of the suite: its class, and which members of input and output are texts.
struct Operation: Sendable {
    let name: String

    /// Every operation of this version.
    static let all = [
        "json.check", "json.canonicalize",
        "signature.encode", "signature.sign", "signature.extract", "signature.strip", "signature.carrier",
        "exchange.rewrite-request", "exchange.embed", "exchange.embed-stream", "stitch.resolve",
        "agent.validate", "agent.version-hash", "agent.definition-hash", "agent.diff",
        "event.validate", "event.timestamp", "event.view", "event.canonicalize", "trace.findings",
    ]

    /// Takes the name of an operation that the suite has.
    init?(_ name: String) {
        guard Self.all.contains(name) else { return nil }
        self.name = name
    }

    /// The class whose verdict counts the operation's cases.
    var conformanceClass: ConformanceClass {
        switch name {
        case "exchange.rewrite-request", "stitch.resolve": .stitching
        case _ where name.hasPrefix("agent."): .definition
        case _ where name.hasPrefix("event."): .event
        case "trace.findings": .findings
        default: .codec
        }
    }

    /// The members of the input that are texts in any form; other members are values as they stand.
    var textMembers: [String] {
        switch name {
        case "signature.encode", "signature.sign": ["traceId"]
        case "exchange.rewrite-request", "stitch.resolve": ["body"]
        case "exchange.embed", "exchange.embed-stream": ["request", "reply"]
        case "agent.version-hash", "agent.definition-hash": ["definition"]
        case "agent.diff": ["before", "after"]
        case "agent.validate", "trace.findings": []
        default: ["text"]
        }
    }

    /// The members of the output that are texts in any form.
    var textOutputs: [String] {
        switch name {
        case "json.canonicalize", "signature.encode", "signature.sign", "signature.strip", "event.canonicalize":
            ["text"]
        case "exchange.rewrite-request": ["body"]
        case "agent.version-hash", "agent.definition-hash": ["canonical"]
        default: []
        }
    }
}

/// What an implementation can claim to be.
public enum ConformanceClass: String, Sendable, CaseIterable {
    /// Writes, reads and strips signatures.
    case codec
    /// Agent definitions and their hashes.
    case definition
    /// Events: accepted, refused, normalised.
    case event
    /// What can be said about a trace without asking a model.
    case findings
    /// Which trace a request belongs to.
    case stitching
    /// A running ingest service.
    case ingest
    /// A running proxy.
    case proxy

    /// Whether the class is judged over HTTP.
    public var isNetwork: Bool { self == .ingest || self == .proxy }
}

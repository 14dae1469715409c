import Hummingbird
import WhyOps
import WhyOpsStore

/// What the event routes expect, read from the schemas of events (ING-108).
enum EventHelp {
    static var response: Response { Response(reply) }

    /// The same for everybody, so that it is made once.
    private static let reply = makeReply()

    private static func makeReply() -> JSONReply {
        guard let original = try? JSONDocument(Array(EventSchemas.original.utf8)).root,
            let strict = try? JSONDocument(Array(EventSchemas.strict.utf8)).root
        else { return JSONReply(status: 500) { $0.member("error", "Internal server error") } }
        let schema = EventSchema(original)
        return JSONReply(status: 200) { writer in
            writer.member("version", "1.0")
            writer.member("endpoint", "/api/events")
            writer.member("helpEndpoint", "/api/events/help")
            writer.strings("supportedEventTypes", schema.types)
            writer.strings("requiredHeadersOrAuth", ["Authorization: Bearer <key>", "X-API-Key: <key>"])
            writer.name("commonFields")
            writer.object { writer in
                writer.strings("required", schema.required)
                writer.strings("optional", schema.properties.map(\.name).filter { !schema.required.contains($0) })
                writer.name("types")
                writer.object { writer in
                    for property in schema.properties { writer.member(property.name, raw: property.schema.slice) }
                }
            }
            writer.name("eventDetails")
            writer.object { writer in
                for type in schema.types {
                    writer.name(type)
                    writer.object { writer in
                        writer.strings("requiredMetadata", schema.requiredMetadata(of: type))
                        writer.member("strictContent", "#/schemas/strict/$defs/content-\(type)")
                    }
                }
            }
            writer.strings("notes", notes)
            writer.name("schemas")
            writer.object { writer in
                writer.member("original", raw: original.slice)
                writer.member("strict", raw: strict.slice)
            }
        }
    }

    /// What no schema says.
    private static let notes = [
        "Add ?profile=strict to have content checked as well, in tests and in CI.",
        "A body is one event or an array of at most \(EventBody.maximumEvents); all are stored or none.",
        "Add ?partial=true to have stored what can be stored, and one result for each event.",
        "application/x-ndjson takes one event a line; Content-Encoding: gzip is understood.",
        "An Idempotency-Key names a request, so that it may be sent again.",
    ]
}

/// The parts of an event's schema that help is about.
private struct EventSchema {
    private let definitions: JSONValue?
    /// What holds for every event, or for those of some types.
    private let parts: [JSONValue]
    let required: [String]
    let properties: [(name: String, schema: JSONValue)]

    init(_ root: JSONValue) {
        let definitions = root["$defs"]
        self.definitions = definitions
        parts = definitions?["event"]?["allOf"]?.children ?? []
        let common = parts.filter { $0["if"] == nil }.map { Self.target(of: $0, definitions) }
        required = common.flatMap { $0["required"]?.children ?? [] }.compactMap(\.string)
        properties = common.flatMap { $0["properties"]?.members ?? [] }.map { name, schema in
            (name, Self.target(of: schema, definitions))
        }
    }

    var types: [String] { definitions?["eventType"]?["enum"]?.children.compactMap(\.string) ?? [] }

    /// The members that an event's metadata must have for its type.
    func requiredMetadata(of type: String) -> [String] {
        parts.flatMap { part -> [String] in
            let types = part["if"]?["properties"]?["eventType"]?["enum"]?.children.compactMap(\.string) ?? []
            guard types.contains(type), let then = part["then"] else { return [] }
            let metadata = Self.target(of: then, definitions)["properties"]?["metadata"]
            return metadata?["required"]?.children.compactMap(\.string) ?? []
        }
    }

    /// What a reference inside the schema stands for, or the schema itself.
    private static func target(of schema: JSONValue, _ definitions: JSONValue?) -> JSONValue {
        guard let name = schema["$ref"]?.string?.split(separator: "/").last else { return schema }
        return definitions?.members.first { $0.name == name }?.value ?? schema
    }
}

extension JSONWriter {
    fileprivate mutating func strings(_ name: String, _ items: [String]) {
        self.name(name)
        array { writer in
            for item in items { writer.string(item) }
        }
    }
}

import WhyOps
import WhyOpsCommand

/// The dead letters of a service; every answer is the JSON of its route.
struct DeadLetters {
    let place: any IngestPlace

    func list(count: Int, page: Int, withEvents: Bool) async throws -> JSONValue {
        try await place.get("/api/dlq?count=\(count)&page=\(page)" + (withEvents ? "&include=event" : ""))
    }

    func show(_ id: String) async throws -> JSONValue {
        let missing = "There is no dead letter '\(plain(id))' in \(place.name)."
        return try await place.get("/api/dlq/\(pathText(id))", missing: missing)
    }

    func replay(_ ids: [String]?) async throws -> JSONValue {
        try await place.post("/api/dlq/replay", Self.choice(ids))
    }

    func purge(_ ids: [String]?) async throws -> JSONValue {
        try await place.post("/api/dlq/purge", Self.choice(ids))
    }

    /// - Parameter ids: `nil` for all.
    private static func choice(_ ids: [String]?) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            guard let ids else { return writer.member("all", true) }
            writer.name("ids")
            writer.array { writer in
                for id in ids { writer.string(id) }
            }
        }
        return writer.bytes
    }
}

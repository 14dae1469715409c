import Hummingbird
import WhyOps
import WhyOpsStore

/// Events that could not be stored: to be looked at, tried again, and forgotten (ING-41 to ING-43).
struct DeadLetterRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/dlq") { request, _ in try await list(request) }
        router.get("api/dlq/{id}") { request, context in
            let tenant = try await access.tenant(of: request)
            guard let id = context.name("id"), let letter = try await store.deadLetter(id: id, tenant: tenant) else {
                throw Self.missing
            }
            return Response(
                JSONReply(status: 200) { writer in
                    writer.member("success", true)
                    writer.name("deadLetter")
                    DeadLetterJSON.write(letter, withEvent: true, to: &writer)
                }
            )
        }
        router.delete("api/dlq/{id}") { request, context in
            let tenant = try await access.tenant(of: request)
            guard let id = context.name("id"), try await store.deleteDeadLetters([id], tenant: tenant) == 1 else {
                throw Self.missing
            }
            return Self.purged(1)
        }
        router.post("api/dlq/purge") { request, _ in
            let tenant = try await access.tenant(of: request)
            let ids = try choice(try await access.document(of: request).root)
            let possible = ids.map { DeadLetterReplay.possible($0) }
            return Self.purged(try await store.deleteDeadLetters(possible, tenant: tenant))
        }
        router.post("api/dlq/replay") { request, _ in
            let tenant = try await access.tenant(of: request)
            let ids = try choice(try await access.document(of: request).root)
            return try await replay(ids, tenant)
        }
    }

    private static var missing: Refusal {
        Refusal(
            JSONReply(status: 404) { writer in
                writer.member("success", false)
                writer.member("error", "Dead letter not found")
            }
        )
    }

    private static func purged(_ count: Int) -> Response {
        Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.member("purged", count)
            }
        )
    }

    private func list(_ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let page = try query.page()
        let withEvent = query.list("include").contains("event")
        var wanted = page.request
        wanted.parts = withEvent ? .content : []
        let letters = try await store.deadLetters(page: wanted, tenant: tenant)
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.name("deadLetters")
                writer.array { writer in
                    for letter in letters.items { DeadLetterJSON.write(letter, withEvent: withEvent, to: &writer) }
                }
                writer.pages(page, total: letters.total)
            }
        )
    }

    /// The letters that a body names; `nil` for all.
    private func choice(_ body: JSONValue) throws -> [String]? {
        if body["all"]?.kind == .true, body["ids"] == nil { return nil }
        if let ids = body["ids"], ids.kind == .array, body["all"] == nil,
            (1...1000).contains(ids.children.count), ids.children.allSatisfy({ $0.kind == .string })
        {
            return ids.children.compactMap(\.string)
        }
        throw Refusal(member: "ids", rule: "ids.required", "Send ids, 1 to 1000 of them, or \"all\": true")
    }

    // MARK: Replay

    private func replay(_ wanted: [String]?, _ tenant: Tenant) async throws -> Response {
        let outcome = try await DeadLetterReplay(store: store).run(wanted, tenant)
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                outcome.write(to: &writer)
            }
        )
    }
}

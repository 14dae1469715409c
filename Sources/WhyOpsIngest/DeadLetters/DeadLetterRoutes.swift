import Hummingbird
import WhyOps
import WhyOpsStore

/// Events that could not be stored: to be looked at, tried again, and forgotten (ING-41 to ING-43).
struct DeadLetterRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore

    /// Letters in one replay.
    private static let replayLimit = 1000

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
                    Self.write(letter, withEvent: true, to: &writer)
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
            return Self.purged(try await store.deleteDeadLetters(ids.map { Self.possible($0) }, tenant: tenant))
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
                    for letter in letters.items { Self.write(letter, withEvent: withEvent, to: &writer) }
                }
                writer.pages(page, total: letters.total)
            }
        )
    }

    private static func write(_ stored: StoredDeadLetter, withEvent: Bool, to writer: inout JSONWriter) {
        let letter = stored.letter
        writer.object { writer in
            writer.member("id", stored.id)
            writer.member("source", letter.source.rawValue)
            writer.name("reason")
            writer.object { writer in
                writer.member("code", letter.reason.code.rawValue)
                writer.member("message", letter.reason.message)
                writer.member("details", raw: letter.reason.details)
            }
            writer.member("attempts", stored.attempts)
            writer.member("createdAt", stored.createdAt)
            writer.member("updatedAt", stored.updatedAt)
            writer.nullable("eventType", letter.eventType)
            writer.nullable("traceId", letter.traceId)
            writer.nullable("agentName", letter.agentName)
            writer.member("byteCount", stored.eventBytes)
            if withEvent { writer.member("event", raw: letter.event) }
        }
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

    /// Without those that no letter has, and that not every database can look for.
    private static func possible(_ ids: [String]) -> [String] { ids.filter { !$0.utf8.contains(0) } }

    // MARK: Replay

    private func replay(_ wanted: [String]?, _ tenant: Tenant) async throws -> Response {
        let possible = wanted.map { Self.possible($0) }
        let ids =
            possible?.isEmpty == true
            ? [] : try await store.oldestDeadLetterIDs(among: possible, limit: Self.replayLimit, tenant: tenant)
        var replayed = 0
        let known = Set(ids)
        var failed = (wanted ?? []).filter { !known.contains($0) }.map { id in
            (id: id, code: "missing", message: "Dead letter not found")
        }
        for id in ids {
            guard let letter = try await store.deadLetter(id: id, tenant: tenant) else {
                failed.append((id, "missing", "Dead letter not found"))
                continue
            }
            switch try await attempt(letter, tenant) {
            case .stored: replayed += 1
            case .gone: failed.append((id, "missing", "Dead letter not found"))
            case .failed(let reason):
                try await store.noteFailure(ofDeadLetter: id, reason, tenant: tenant)
                failed.append((id, reason.code.rawValue, reason.message))
            }
        }
        let remaining = try await store.deadLetters(page: PageRequest(limit: 1), tenant: tenant).total
        return Response(
            JSONReply(status: 200) { [replayed, failed] writer in
                writer.member("success", true)
                writer.member("replayed", replayed)
                writer.name("failed")
                writer.array { writer in
                    for one in failed {
                        writer.object { writer in
                            writer.member("id", one.id)
                            writer.member("code", one.code)
                            writer.member("message", one.message)
                        }
                    }
                }
                writer.member("remaining", remaining)
            }
        )
    }

    /// What came of another attempt.
    private enum Attempt {
        case stored
        /// Another replay was faster, or it was purged.
        case gone
        case failed(DeadLetter.Reason)
    }

    /// Reads a letter's event as it was read when it came, and stores it.
    private func attempt(_ stored: StoredDeadLetter, _ tenant: Tenant) async throws -> Attempt {
        let letter = stored.letter
        let item = try JSONDocument(letter.event).root
        var event: Event
        switch EventBody.read(item, EventValidator(letter.sending, tenant)).result {
        case .success(let read): event = read
        case .failure(let invalid): return .failed(DeadLetter.Reason(invalid))
        }
        event.take(letter.sending)
        do {
            let options = AppendOptions(deadLetterID: stored.id)
            guard let result = try await store.append([event], options: options, tenant: tenant).first else {
                return .stored
            }
            let isOut = result.status == .sampledOut
            guard let code = isOut ? .sampledOut : DeadLetter.Reason.Code(result.status) else { return .stored }
            return .failed(DeadLetter.Reason(storing: code, result.message ?? "Not stored"))
        } catch let error as StoreError where error.code == .refused {
            return .failed(DeadLetter.Reason(storing: .refused, error.message))
        } catch let error as StoreError where error.code == .unknownDeadLetter {
            return .gone
        }
    }
}

import Hummingbird
import WhyOps
import WhyOpsStore

/// Which thread a history of messages belongs to (ING-111).
struct MatchRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    let gate: FairGate
    /// Who shows the thread that is named as this route is.
    let threads: ThreadRoutes

    func add(to router: Router<IngestServer.Context>) {
        router.post("api/threads/match") { request, _ in
            let tenant = try await access.tenant(of: request)
            // The messages are read again as each vendor's are, beside the body itself.
            let outcome = try await access.withBody(of: request, copies: 3) { body in
                let wanted = try MatchRequest(RequestReader.document(body).root)
                return try await gate.run(for: tenant.environmentID) {
                    try await ThreadMatch(store: store, tenant: tenant).find(wanted)
                }
            }
            return Response(JSONReply(status: 200) { outcome.write(to: &$0) })
        }
        router.get("api/threads/match") { request, _ in try await threads.detail("match", request) }
    }
}

/// A history, and where its thread may be.
struct MatchRequest {
    let messages: [JSONValue]
    let providerId: String?

    init(_ body: JSONValue) throws {
        var faults: [InputFault] = []
        func fault(_ path: [InputFault.Step], _ rule: String, _ message: String) {
            faults.append(InputFault(path: path, rule: rule, code: "invalid_type", message: message))
        }
        messages = body["messages"]?.kind == .array ? body["messages"]?.children ?? [] : []
        // Where it holds U+0000 it names no provider, and is looked for as one that none has.
        providerId = body["providerId"]?.string.map { $0.utf8.contains(0) ? " " : $0 }
        if body.kind != .object {
            fault([], "body.type", "Expected an object")
        } else if body["messages"]?.kind != .array {
            fault([.member("messages")], "messages.required", "Send the messages of a conversation as an array")
        }
        for (index, message) in messages.enumerated() where message.kind != .object {
            fault([.member("messages"), .item(index)], "message.type", "Expected a message object")
        }
        if let value = body["providerId"], value.kind != .null, value.kind != .string {
            fault([.member("providerId")], "providerId.type", "Expected a string")
        }
        if !faults.isEmpty { throw Refusal(faults: Array(faults.prefix(1000))) }
    }
}

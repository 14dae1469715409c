import Hummingbird
import WhyOps
import WhyOpsStore

/// Sampling and limits of agents (ING-35).
struct AgentSettingsRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    /// `nil` for any number.
    let maximumAgents: Int?

    func add(to router: Router<IngestServer.Context>) {
        router.patch("api/entities/{id}/sampling-rate") { request, context in
            let tenant = try await access.tenant(of: request)
            let change = try AgentSettingsChange(try await access.document(of: request).root, needsRate: true)
            let (agent, versions) = try await set(change, of: context.name("id"), tenant)
            return Response(
                JSONReply(status: 200) { writer in
                    writer.member("success", true)
                    writer.member("agentId", agent.id)
                    writer.member("samplingRate", agent.current.samplingRate)
                    writer.member("updatedVersions", versions)
                    writer.member("latestVersionId", agent.current.id)
                    writer.member("updatedAt", agent.updatedAt)
                }
            )
        }
        router.get("api/agent-settings/limits") { request, _ in
            _ = try await access.tenant(of: request)
            return limits
        }
        // As the original has it: what was set is as if it never had been.
        router.delete("api/agent-settings/{id}") { request, context in
            let tenant = try await access.tenant(of: request)
            return settings(of: try await set(.defaults, of: context.name("id"), tenant).agent)
        }
        router.get("api/agent-settings/{id}") { request, context in
            let tenant = try await access.tenant(of: request)
            guard let id = context.name("id"), let agent = try await store.agent(id: id, parts: [], tenant: tenant)
            else {
                throw Refusal.missingAgent
            }
            return settings(of: agent)
        }
        router.patch("api/agent-settings/{id}") { request, context in
            let tenant = try await access.tenant(of: request)
            let change = try AgentSettingsChange(try await access.document(of: request).root, needsRate: false)
            return settings(of: try await set(change, of: context.name("id"), tenant).agent)
        }
    }

    /// Whoever has a key may set what can be set.
    private var limits: Response {
        Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.name("limits")
                writer.object { $0.nullable("maxAgents", maximumAgents) }
                writer.name("permissions")
                writer.object { writer in
                    writer.member("canChangeAgentMaxTraces", true)
                    writer.member("canChangeAgentMaxSpans", true)
                }
            }
        )
    }

    private func set(
        _ change: AgentSettingsChange,
        of id: String?,
        _ tenant: Tenant
    ) async throws -> (agent: StoredAgent, versions: Int) {
        guard let id, let versions = try await store.setAgentSettings(change, of: id, tenant: tenant),
            let agent = try await store.agent(id: id, parts: [], tenant: tenant)
        else { throw Refusal.missingAgent }
        return (agent, versions)
    }

    private func settings(of agent: StoredAgent) -> Response {
        Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.name("settings")
                writer.object { writer in
                    writer.member("agentId", agent.id)
                    writer.member("name", agent.name)
                    writer.member("samplingRate", agent.current.samplingRate)
                    writer.nullable("maxTraces", agent.maxTraces)
                    writer.nullable("maxSpans", agent.maxSpans)
                    writer.member("updatedAt", agent.updatedAt)
                }
            }
        )
    }
}

extension AgentSettingsChange {
    /// Every trace is kept, and all of each.
    fileprivate static var defaults: AgentSettingsChange {
        var change = AgentSettingsChange()
        change.samplingRate = 1
        change.maxTraces = .some(nil)
        change.maxSpans = .some(nil)
        return change
    }

    /// Reads a body; every member that cannot be used is a fault, and those that are not there stay as they are.
    fileprivate init(_ body: JSONValue, needsRate: Bool) throws {
        self.init()
        guard body.kind == .object else {
            throw Refusal(faults: [
                InputFault(path: [], rule: "body.type", code: "invalid_type", message: "Expected an object")
            ])
        }
        var faults: [InputFault] = []
        func fault(_ name: String, _ rule: String, _ message: String) {
            faults.append(
                InputFault(path: [.member(name)], rule: "\(name).\(rule)", code: "custom", message: message)
            )
        }
        if let member = body["samplingRate"] {
            let rate = member.kind == .number ? Double(String(decoding: member.slice, as: UTF8.self)) : nil
            if let rate, (0...1).contains(rate) {
                samplingRate = rate
            } else {
                fault("samplingRate", "range", "Send a number from 0 to 1")
            }
        } else if needsRate {
            fault("samplingRate", "required", "Send a number from 0 to 1")
        }
        func limit(_ name: String, _ member: JSONValue?) -> Int?? {
            guard let member else { return nil }
            if member.kind == .null { return .some(nil) }
            // A whole number however it is spelled.
            let number = member.kind == .number ? Double(String(decoding: member.slice, as: UTF8.self)) : nil
            if let value = number.flatMap({ Int(exactly: $0) }), (1...Int(Int32.max)).contains(value) { return value }
            fault(name, "range", "Send a whole number from 1 to 2147483647, or null for no limit")
            return nil
        }
        maxTraces = limit("maxTraces", body["maxTraces"])
        maxSpans = limit("maxSpans", body["maxSpans"])
        if faults.isEmpty, samplingRate == nil, maxTraces == nil, maxSpans == nil {
            faults = [
                InputFault(
                    path: [],
                    rule: "settings.required",
                    code: "custom",
                    message: "At least one settings field is required: samplingRate, maxTraces or maxSpans"
                )
            ]
        }
        if !faults.isEmpty { throw Refusal(faults: faults) }
    }
}

import HTTPTypes
import Hummingbird
import WhyOps
import WhyOpsStore

/// Registration of agents; the proxy offers the same under another path (AGT-10). And all that shows and changes them.
struct AgentRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore

    func add(to router: Router<IngestServer.Context>) {
        router.post("api/entities/init") { request, _ in
            let tenant = try await access.tenant(of: request)
            return try await access.withBody(of: request) { body in
                let reply = await AgentInit.reply(to: body.bytes, tenant: tenant, store: store)
                return Response(reply, headers: reply.status == 503 ? [.retryAfter: "1"] : [:])
            }
        }
        router.get("api/entities") { request, _ in try await list(request) }
        router.get("api/entities/{id}") { request, context in try await detail(context.name("id"), request) }
        router.delete("api/entities/{id}") { request, context in try await delete(context.name("id"), request) }
        router.get("api/entities/{id}/version-ids") { request, context in
            try await versions(context.name("id"), request)
        }
        router.get("api/entities/versions/{versionId}") { request, context in
            let tenant = try await access.tenant(of: request)
            guard let id = context.name("versionId"), let version = try await store.version(id: id, tenant: tenant)
            else { throw Refusal.missingVersion }
            return Response(
                JSONReply(status: 200) { writer in
                    writer.member("success", true)
                    writer.name("version")
                    AgentJSON.writeWhole(version, to: &writer)
                }
            )
        }
        router.post("api/entities/{id}/rollback") { request, context in
            try await rollBack(context.name("id"), request)
        }
        router.get("api/entities/{id}/diff") { request, context in try await compare(context.name("id"), request) }
    }

    private func list(_ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let page = try query.page()
        let form = AgentJSON(tenant: tenant, include: query.list("include"))
        var wanted = page.request
        wanted.parts = form.parts
        let agents = try await store.agents(page: wanted, tenant: tenant)
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.name("agents")
                writer.array { writer in
                    for agent in agents.items {
                        writer.object { writer in
                            form.writeHead(of: agent, to: &writer)
                            writer.name("successPercentage")
                            writer.percentage(of: agent.recentErrors, among: agent.recentEvents)
                        }
                    }
                }
                writer.pages(page, total: agents.total)
            }
        )
    }

    private func detail(_ id: String?, _ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let eventDays = try query.integer("successRatePeriod", default: 7, in: 1...3650)
        let traceDays = try query.integer("traceCountPeriod", default: 7, in: 1...3650)
        let form = AgentJSON(tenant: tenant, include: query.list("include"))
        guard let id, let agent = try await store.agent(id: id, parts: form.parts, tenant: tenant) else {
            throw Refusal.missingAgent
        }
        let versions = try await store.versions(of: id, parts: form.parts, tenant: tenant)
        let activity = try await store.activity(
            of: id,
            matching: AgentActivityQuery(
                eventsSince: Moment.text(daysAgo: eventDays),
                tracesSince: Moment.text(daysAgo: traceDays),
                externalUserId: query["externalUserId"]
            ),
            tenant: tenant
        )
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.name("agent")
                writer.object { writer in
                    form.writeHead(of: agent, to: &writer)
                    writer.name("successPercentage")
                    writer.object { writer in
                        for day in activity.events {
                            writer.name(day.day)
                            writer.percentage(of: day.errors, among: day.count)
                        }
                    }
                    writer.name("traceCounts")
                    writer.object { writer in
                        for day in activity.traces { writer.member(day.day, day.count) }
                    }
                    writer.name("versions")
                    writer.array { writer in
                        for version in versions { form.write(version, to: &writer) }
                    }
                }
            }
        )
    }

    private func versions(_ id: String?, _ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let versions = try await id.asyncMap { try await store.versions(of: $0, parts: [], tenant: tenant) } ?? []
        guard let id, let current = versions.first(where: \.isCurrent) else { throw Refusal.missingAgent }
        let form = AgentJSON(tenant: tenant, include: [])
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.member("agentId", id)
                writer.member("currentVersionId", current.id)
                writer.name("versionIds")
                writer.array { writer in
                    for version in versions { writer.string(version.id) }
                }
                writer.name("versions")
                writer.array { writer in
                    for version in versions { form.write(version, to: &writer) }
                }
            }
        )
    }

    private func delete(_ id: String?, _ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        guard let id, let deletion = try await store.deleteAgent(id: id, tenant: tenant) else {
            throw Refusal.missingAgent
        }
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.member("agentId", id)
                writer.member("deletedTraceEvents", deletion.events)
                writer.member("deletedTraces", deletion.traces)
                writer.member("deletedEntities", deletion.versions)
                writer.member("deletedApiKeys", 0)
            }
        )
    }

    private func rollBack(_ id: String?, _ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let body = try await access.document(of: request).root
        guard let wanted = body["versionId"]?.string, !wanted.isEmpty, !wanted.utf8.contains(0) else {
            throw Refusal(member: "versionId", rule: "versionId.required", "Send the id of a version of this agent")
        }
        guard let id, try await store.agent(id: id, parts: [], tenant: tenant) != nil else {
            throw Refusal.missingAgent
        }
        guard let previous = try await store.activateVersion(wanted, of: id, tenant: tenant),
            let current = try await store.version(id: wanted, tenant: tenant)
        else { throw Refusal.missingVersion }
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.member("agentId", id)
                writer.member("agentVersionId", wanted)
                writer.member("previousVersionId", previous.id)
                writer.member("status", previous.id == wanted ? "existing" : "rollback")
                writer.member("versionHash", current.hash)
                writer.nullable("definitionHash", current.definitionHash)
            }
        )
    }

    private func compare(_ id: String?, _ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let query = try QueryParameters(request)
        let versions = try await id.asyncMap { try await store.versions(of: $0, parts: [], tenant: tenant) } ?? []
        guard let id, let current = versions.first(where: \.isCurrent) else { throw Refusal.missingAgent }
        func version(_ name: String) throws -> StoredVersion? {
            guard let wanted = query[name] else { return nil }
            guard let version = versions.first(where: { $0.id == wanted }) else { throw Refusal.missingVersion }
            return version
        }
        let chosen = try version("to") ?? current
        // ING-34: versions stand newest first.
        let older = versions.drop { $0.id != chosen.id }.dropFirst().first
        let base = try version("from") ?? older ?? chosen
        // Two definitions and no more: those of all versions may be larger than memory.
        guard let before = try await store.version(id: base.id, tenant: tenant),
            let after = try await store.version(id: chosen.id, tenant: tenant)
        else { throw Refusal.missingVersion }
        let comparison = VersionComparison(from: before, to: after)
        let form = AgentJSON(tenant: tenant, include: [])
        return Response(
            JSONReply(status: 200) { writer in
                writer.member("success", true)
                writer.member("agentId", id)
                writer.name("from")
                form.write(before, to: &writer)
                writer.name("to")
                form.write(after, to: &writer)
                comparison.write(to: &writer)
            }
        )
    }
}

extension Optional {
    /// What a function makes of the value, where there is one.
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}

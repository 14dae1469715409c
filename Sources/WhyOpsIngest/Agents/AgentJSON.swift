import WhyOps
import WhyOpsStore

/// Agents and versions as their routes show them.
struct AgentJSON {
    let tenant: Tenant
    let include: Set<String>

    /// What has to be read of versions.
    var parts: EventParts { include.contains("metadata") ? .metadata : [] }

    /// The members that the list and the single agent have in common.
    func writeHead(of agent: StoredAgent, to writer: inout JSONWriter) {
        writer.member("id", agent.id)
        // ING-12: there are no user accounts; the project owns what is stored.
        writer.member("userId", tenant.projectID)
        writer.member("projectId", tenant.projectID)
        writer.member("environmentId", tenant.environmentID)
        writer.member("name", agent.name)
        writer.nullable("maxTraces", agent.maxTraces)
        writer.nullable("maxSpans", agent.maxSpans)
        writer.member("traceCount", agent.traceCount)
        writer.nullable("lastActive", agent.lastActive)
        writer.member("createdAt", agent.createdAt)
        writer.member("updatedAt", agent.updatedAt)
        writer.name("latestVersion")
        write(agent.current, to: &writer)
    }

    func write(_ version: StoredVersion, to writer: inout JSONWriter) {
        writer.object { writer in
            Self.writeHead(of: version, to: &writer)
            guard include.contains("metadata") else { return }
            if let metadata = version.metadata { writer.member("metadata", raw: metadata) }
            // ING-116
            if version.metadata == nil { writer.member("isMetadataOmitted", true) }
        }
    }

    /// A version with all that it says.
    static func writeWhole(_ version: StoredVersion, to writer: inout JSONWriter) {
        let text = version.metadata ?? Array("{}".utf8)
        let metadata = try? JSONDocument(text).root
        writer.object { writer in
            writeHead(of: version, to: &writer)
            writer.member("agentId", version.agentID)
            writer.member("name", version.agentName)
            writer.member("isCurrent", version.isCurrent)
            writer.member("systemPrompt", metadata?["systemPrompt"]?.string ?? "")
            writer.member("tools", raw: metadata?["tools"]?.slice ?? Array("[]".utf8))
            writer.member("metadata", raw: text)
        }
    }

    private static func writeHead(of version: StoredVersion, to writer: inout JSONWriter) {
        writer.member("id", version.id)
        writer.member("hash", version.hash)
        writer.nullable("definitionHash", version.definitionHash)
        writer.member("samplingRate", version.samplingRate)
        writer.member("createdAt", version.createdAt)
        writer.member("updatedAt", version.updatedAt)
    }

    /// The definition, unless what was observed of an agent is none.
    static func definition(of version: StoredVersion) -> AgentDefinition? {
        guard let text = version.metadata, let metadata = try? JSONDocument(text).root else { return nil }
        return try? AgentDefinition(metadata)
    }
}

extension JSONWriter {
    /// Writes a member with a number; whole ones without a fraction.
    mutating func member(_ name: String, _ value: Double) {
        self.name(name)
        number(value)
    }

    /// Writes a number; whole ones without a fraction.
    mutating func number(_ value: Double) {
        if let whole = Int(exactly: value) { integer(whole) } else { raw(Array("\(value)".utf8)) }
    }

    /// Writes the share, of 100, of what is not among some; 100 where there is nothing.
    mutating func percentage(of part: Int, among whole: Int) {
        let share = whole == 0 ? 100 : Double(whole - part) / Double(whole) * 100
        number((share * 100).rounded() / 100)
    }

    /// Writes `pagination` of a list by pages.
    ///
    /// - Parameter hasMore: whether the list goes on, where `total` does not tell.
    mutating func pages(_ page: NumberedPage, total: Int, hasMore: Bool? = nil) {
        name("pagination")
        object { writer in
            let pages = (total + page.count - 1) / page.count
            writer.member("total", total)
            writer.member("count", page.count)
            writer.member("page", page.number)
            writer.member("totalPages", pages)
            writer.member("hasMore", hasMore ?? (page.number < pages))
        }
    }
}

/// A page of a list, from 1.
struct NumberedPage {
    let number: Int
    let count: Int

    var request: PageRequest { PageRequest(limit: count, offset: (number - 1) * count) }
}

extension QueryParameters {
    /// The parameters `page` and `count`.
    func page() throws -> NumberedPage {
        NumberedPage(
            number: try integer("page", default: 1, in: 1...10_000_000),
            count: try integer("count", default: 20, in: 1...100)
        )
    }
}

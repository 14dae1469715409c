import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops keys create`
struct CreateKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a key for clients and print it, this once.",
        discussion: """
            The key goes to standard output and is stored nowhere: only its SHA-256 is. Running services know it within \
            5 seconds.

            Examples:
              whyops keys create --name ci --expires 90d
              whyops keys create --name web --project shop --environment STAGING --requests-per-minute 600
              whyops keys create --name helper --agent support-agent > helper.key
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions
    @Option(help: "What the key is for; each name can be used once in an environment.") var name: String
    @Option(help: "When it ends: 30m, 12h, 90d, or a time such as 2030-01-31T00:00:00Z.") var expires: Lifetime?
    @Option(help: "How many requests a minute the proxy lets through; others get 429.") var requestsPerMinute: Int?
    @Option(help: "The agent of requests that come without X-Agent-Name.") var agent: String?
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        if let requestsPerMinute, !(1...1_000_000).contains(requestsPerMinute) {
            throw ValidationError("--requests-per-minute must be an integer from 1 to 1000000.")
        }
        if let agent, agent.isEmpty || agent.utf16.count > 255 {
            throw ValidationError("--agent must have 1 to 255 characters.")
        }
    }

    func run() async throws {
        var new = NewKey(name: try checkedName(name, "The name of a key"))
        new.agentName = agent
        new.requestsPerMinute = requestsPerMinute
        new.expiresAt = expires?.end
        let (key, record) = try await withStore(common) { [new] store, _ in
            try await store.createKey(new, in: environment.name)
        }
        if json { return Terminal.out(object: { record.write(key, to: &$0) }) }
        Terminal.out(key)
        Terminal.note("The key '\(record.name)' was made for \(record.environment.text). It is shown this once.")
    }
}

/// `whyops keys list`
struct ListKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys of all environments or of one, without the keys themselves.",
        discussion: """
            Examples:
              whyops keys list
              whyops keys list --project shop --environment STAGING --json
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The project; with it, --environment is PRODUCTION unless it is given.") var project: String?
    @Option(help: "The environment; with it, --project is 'default' unless it is given.") var environment: String?
    @Flag(help: "Print one JSON array.") var json = false

    func run() async throws {
        var name: EnvironmentName?
        if project != nil || environment != nil {
            name = EnvironmentName(
                project: project ?? EnvironmentName.home.project,
                environment: environment ?? EnvironmentName.home.environment
            )
        }
        let keys = try await withStore(common) { [name] store, _ in try await store.keyRecords(in: name) }
        if json { return Terminal.out(objects: keys) { $0.write(to: &$1) } }
        for key in keys { Terminal.out(key.line) }
    }
}

/// `whyops keys revoke`
struct RevokeKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a key; every running service refuses it within 5 seconds.",
        discussion: """
            A name ends every key of that name: after 'keys rotate --keep' the old one as well. An id, or how a key \
            begins, ends that one alone.

            Examples:
              whyops keys revoke ci
              whyops keys revoke YOPS-AbCdEfG --project shop --environment STAGING
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions
    @Argument(help: "The key's name, its id, or how it begins, as 'keys list' shows it.") var key: String

    func run() async throws {
        let (revoked, left) = try await withStore(common) { store, _ in
            try await store.revokeKey(key, in: environment.name)
        }
        for record in revoked {
            let which = revoked.count > 1 ? " (\(record.id))" : ""
            Terminal.out("The key '\(record.name)'\(which) of \(record.environment.text) was revoked.")
        }
        for record in left {
            let end = Lifetime.text(record.expiresAt).map { "until \($0)" } ?? "without an end"
            Terminal.note("Another key '\(record.name)' (\(record.id)) goes on \(end); 'keys revoke' ends it too.")
        }
    }
}

extension EnvironmentName {
    /// As people read it.
    var text: String { "\(project)/\(environment)" }
}

extension KeyRecord {
    /// What is to be said of it on a line.
    var line: String {
        var parts = [id, environment.text, prefix.isEmpty ? "(given)" : prefix + "…", name]
        if let revokedAt = Lifetime.text(revokedAt) { parts.append("revoked \(revokedAt)") }
        if let expiresAt = Lifetime.text(expiresAt) { parts.append("expires \(expiresAt)") }
        if replacedBy != nil { parts.append("replaced") }
        if let requestsPerMinute { parts.append("\(requestsPerMinute) a minute") }
        if let agentName { parts.append("agent \(agentName)") }
        parts.append(Lifetime.text(lastUsedAt).map { "used \($0)" } ?? "never used")
        return parts.joined(separator: "  ")
    }

    /// - Parameter key: the key itself, where it was made just now.
    func write(_ key: String? = nil, to writer: inout JSONWriter) {
        writer.member("key", key)
        writer.member("id", id)
        writer.member("project", environment.project)
        writer.member("environment", environment.environment)
        writer.member("name", name)
        writer.member("prefix", prefix)
        writer.member("createdAt", createdAt)
        writer.member("expiresAt", Lifetime.text(expiresAt))
        writer.member("revokedAt", Lifetime.text(revokedAt))
        writer.member("lastUsedAt", Lifetime.text(lastUsedAt))
        writer.member("requestsPerMinute", requestsPerMinute)
        writer.member("agentName", agentName)
        writer.member("replacedBy", replacedBy)
    }
}

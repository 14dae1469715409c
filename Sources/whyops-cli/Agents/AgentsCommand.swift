import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops agents`
struct AgentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents",
        abstract: "Lists agents and the versions of their definitions.",
        discussion: """
            They are those of a store on this machine (--store, --project, --environment), or of a running service (--url, with \
            the API key in WHYOPS_API_KEY or in --key-file).

            Examples:
              whyops agents list
              whyops agents versions support
              whyops agents show support > definition.json
            """,
        subcommands: [AgentListCommand.self, AgentVersionsCommand.self, AgentShowCommand.self],
        defaultSubcommand: AgentListCommand.self
    )
}

/// The agents of a service.
struct Agents {
    let place: any IngestPlace

    func page(_ page: Int, count: Int) async throws -> JSONValue {
        try await place.get("/api/entities?page=\(page)&count=\(count)")
    }

    /// The id of an agent.
    ///
    /// - Parameter name: its name, or its id.
    func id(of name: String) async throws -> String {
        var number = 1
        while true {
            let page = try await page(number, count: 100)
            for agent in page["agents"]?.children ?? [] {
                let texts = [agent["name"]?.string, agent["id"]?.string].compactMap(\.self)
                if texts.contains(where: { $0.utf8.elementsEqual(name.utf8) }), let id = agent["id"]?.string {
                    return id
                }
            }
            guard page["pagination"]?["hasMore"]?.kind == .true else {
                throw CommandFailure("There is no agent '\(plain(name))' in \(place.name).")
            }
            number += 1
        }
    }

    func versions(of id: String) async throws -> JSONValue {
        try await place.get("/api/entities/\(pathText(id))/version-ids")
    }
}

/// `whyops agents list`
struct AgentListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List agents.",
        discussion: """
            One agent a line: name, id, traces, last activity, hash of its current version. --json prints what GET \
            /api/entities answers.

            Example:
              whyops agents list --url http://127.0.0.1:8081 --json
            """
    )

    @OptionGroup var place: PlaceOptions
    @OptionGroup var part: PageOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let answer = try await place.with { try await Agents(place: $0).page(part.page, count: part.count) }
        if json { return Terminal.out(String(decoding: answer.slice, as: UTF8.self)) }
        var table = TextTable("AGENT", "ID", "TRACES", "LAST ACTIVE", "VERSION")
        for agent in answer["agents"]?.children ?? [] {
            table.add(
                .init(agent["name"]?.string),
                .init(agent["id"]?.string, .faint),
                .init(agent["traceCount"]?.integer.map { "\($0)" }),
                .init(agent["lastActive"]?.string),
                .init(agent["latestVersion"]?["hash"]?.string, .faint)
            )
        }
        await Terminal.page { table.print() }
        if answer["pagination"]?["hasMore"]?.kind == .true { Terminal.note("There are more: --page \(part.page + 1).") }
    }
}

/// `whyops agents versions`
struct AgentVersionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions",
        abstract: "List the versions of an agent, newest first.",
        discussion: """
            One version a line: id, hash, hash of the definition, sampling rate, when it was made; a * before the current one.

            Example:
              whyops agents versions support
            """
    )

    @Argument(help: "The agent's name or id.") var agent: String
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let answer = try await place.with { place in
            let agents = Agents(place: place)
            return try await agents.versions(of: try await agents.id(of: agent))
        }
        if json { return Terminal.out(String(decoding: answer.slice, as: UTF8.self)) }
        let current = answer["currentVersionId"]?.string
        var table = TextTable("", "ID", "HASH", "DEFINITION", "SAMPLING", "MADE")
        for version in answer["versions"]?.children ?? [] {
            let rate = version["samplingRate"].map { String(decoding: $0.slice, as: UTF8.self) }
            table.add(
                .init(version["id"]?.string == current ? "*" : " "),
                .init(version["id"]?.string),
                .init(version["hash"]?.string),
                .init(version["definitionHash"]?.string, .faint),
                .init(rate),
                .init(version["createdAt"]?.string, .faint)
            )
        }
        table.print()
    }
}

/// `whyops agents show`
struct AgentShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the definition of an agent's version, as 'whyops hash' and 'whyops diff' read it.",
        discussion: """
            Example:
              whyops agents show support > deployed.json && whyops diff deployed.json agent.json
            """
    )

    @Argument(help: "The agent's name or id.") var agent: String
    @Option(help: "The id of a version. [default: the current one]") var version: String?
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print all that is known of the version as one JSON object.") var json = false

    func run() async throws {
        let found = try await place.with { place in
            let agents = Agents(place: place)
            let id = try await agents.id(of: agent)
            let versions = try await agents.versions(of: id)
            let known = versions["versionIds"]?.children.compactMap(\.string) ?? []
            let wanted = version ?? versions["currentVersionId"]?.string ?? ""
            let missing = "The agent '\(plain(agent))' has no version '\(plain(wanted))'."
            guard known.contains(wanted) else { throw CommandFailure(missing) }
            return try await place.get("/api/entities/versions/\(pathText(wanted))", missing: missing)
        }
        guard let version = found["version"] else { throw CommandFailure("The service did not answer with a version.") }
        let shown = json ? version : version["metadata"] ?? version
        Terminal.out(String(decoding: shown.slice, as: UTF8.self))
    }
}

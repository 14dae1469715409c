import ArgumentParser
import FoundationEssentials
import NIOHTTP1
import WhyOps
import WhyOpsCommand

/// `whyops run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Starts a program whose model calls go through the proxy.",
        discussion: """
            The program takes this one's place, with OPENAI_BASE_URL, OPENAI_API_KEY, ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY \
            set to the proxy and its key, and without ANTHROPIC_AUTH_TOKEN, which Anthropic's clients would prefer. The proxy \
            has to be running ('whyops serve'). --agent names the agent by X-Agent-Name in \
            OPENAI_CUSTOM_HEADERS and ANTHROPIC_CUSTOM_HEADERS, which the vendors' own clients read; else the key is bound \
            to an agent ('whyops keys create --agent'), or the proxy has a --default-agent.
            Exit status: the program's; 2 where it cannot be started.

            Examples:
              WHYOPS_API_KEY=YOPS-... whyops run -- python agent.py
              whyops run --key-file key --agent coder -- claude -p 'Fix the tests'
            """
    )

    @Option(help: "The address of the proxy.") var proxyUrl = "http://127.0.0.1:8080"
    @Option(help: "A file with the API key. [default: the variable WHYOPS_API_KEY]", completion: .file())
    var keyFile: String?
    @Option(help: "The agent's name.") var agent: String?
    @Option(help: "A JSON file with settings. [variable: WHYOPS_CONFIG]", completion: .file()) var config: String?
    @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.") var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("Name a program after --: whyops run -- python agent.py") }
        if let agent, agent.isEmpty || agent.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw ValidationError("--agent must be a name without control characters.")
        }
    }

    func run() async throws {
        let key = try RemoteService.key(file: keyFile, try Settings(file: config))
        let proxy = try RemoteService(address: proxyUrl, key: key)
        let status: Int
        do {
            status = try await proxy.ask(.GET, "/health").status
        } catch {
            throw Settings.Fault(description: "No proxy answers at \(proxy.address): start one by 'whyops serve'.")
        }
        guard status == 200 else {
            throw Settings.Fault(
                description: "What answers at \(proxy.address) is no proxy, or not a healthy one: \(status)."
            )
        }
        var variables: [String: String?] = [
            "OPENAI_BASE_URL": proxy.address + "/v1", "OPENAI_API_KEY": key,
            "ANTHROPIC_BASE_URL": proxy.address, "ANTHROPIC_API_KEY": key, "ANTHROPIC_AUTH_TOKEN": nil as String?,
        ]
        if let agent {
            for name in ["OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"] {
                let earlier = ProcessInfo.processInfo.environment[name].map { $0 + "\n" } ?? ""
                variables[name] = earlier + "X-Agent-Name: \(agent)"
            }
        }
        let reason = replaceProcess(command, variables)
        throw Settings.Fault(description: "'\(plain(command[0]))' cannot be started: \(reason).")
    }
}

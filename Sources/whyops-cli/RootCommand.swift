import ArgumentParser
import WhyOpsCommand

/// `whyops`
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whyops",
        abstract: "Stitches an agent's stateless model calls into one trace.",
        discussion: """
            Examples:
              whyops demo
              whyops doctor
              OPENAI_API_KEY=sk-... whyops serve
              whyops validate --profile strict events.ndjson
              whyops keys create --name ci
              whyops traces list --errors
              whyops store backup whyops.backup
              whyops providers add groq --base-url https://api.groq.com/openai/v1 --credential env:GROQ_API_KEY
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, DemoCommand.self, RunCommand.self, TracesCommand.self, EventsCommand.self,
            AgentsCommand.self, HashCommand.self, DiffCommand.self, LintTraceCommand.self, ValidateCommand.self,
            SignatureCommand.self, KeysCommand.self, ProjectsCommand.self, ProvidersCommand.self, StoreCommand.self,
            DeadLetterCommand.self, DoctorCommand.self, BenchCommand.self, ConformanceCommand.self,
            ManualCommand.self, CompletionsCommand.self,
        ]
    )
}

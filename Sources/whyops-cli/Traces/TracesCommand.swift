import ArgumentParser

/// `whyops traces`
struct TracesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traces",
        abstract: "Lists, shows, follows, exports and imports traces.",
        discussion: """
            They are those of a store on this machine (--store, --project, --environment), or of a running service (--url, with \
            the API key in WHYOPS_API_KEY or in --key-file).

            Examples:
              whyops traces list --agent support --errors
              whyops traces show 9f2c1e44-7a55-4c3e-8b1f-6f2d35a0c111
              whyops traces tail --url http://127.0.0.1:8081
              whyops traces export --agent support > support.ndjson
              whyops traces import support.ndjson
            """,
        subcommands: [
            TraceListCommand.self, TraceShowCommand.self, TraceTailCommand.self, TraceExportCommand.self,
            TraceImportCommand.self,
        ],
        defaultSubcommand: TraceListCommand.self
    )
}

import ArgumentParser
import WhyOpsInterop

/// How `whyops traces export` writes traces.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
    case ndjson, otlp, openinference, both, openai, anthropic

    /// The names of attributes; `nil` where there are none.
    var conventions: TraceExportOptions.Conventions? {
        switch self {
        case .otlp: .genAI
        case .openinference: .openInference
        case .both: .both
        case .ndjson, .openai, .anthropic: nil
        }
    }

    /// Whose messages are written; `nil` where none are.
    var conversation: ConversationExport.Form? {
        switch self {
        case .openai: .openAI
        case .anthropic: .anthropic
        case .ndjson, .otlp, .openinference, .both: nil
        }
    }
}

/// What of a trace goes into spans.
struct SpanOptions: ParsableArguments {
    @Flag(help: "Spans: with content and metadata as they are stored, so that an import gives the same events.")
    var exact = false

    @Flag(help: "Spans: without messages, prompts, arguments and results.")
    var withoutContent = false

    @Flag(help: "Spans: with the external users, as user.id.")
    var withUsers = false

    @Option(help: "Spans: what the receiver calls the sender, service.name and Phoenix's project.")
    var service = "whyops"

    /// Whether anything is set that only spans have.
    var isSet: Bool { exact || withoutContent || withUsers || service != "whyops" }

    func options(_ conventions: TraceExportOptions.Conventions) -> TraceExportOptions {
        var options = TraceExportOptions()
        options.conventions = conventions
        options.withContent = !withoutContent
        options.withUsers = withUsers
        options.isExact = exact
        return options
    }
}

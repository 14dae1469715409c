import Logging
import WhyOpsStore

/// Writes each event of the log as one line to standard error.
struct LineLogHandler: LogHandler {
    let format: LogFormat
    var logLevel = Logger.Level.notice
    var metadata: Logger.Metadata = [:]

    init(format: LogFormat) {
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        let line = format.line(at: Identifiers.now(), event.level, event.message.description, all)
        LogOutput.standardError.write(line) { [format] count in
            format.line(
                at: Identifiers.now(),
                .error,
                "lines of the log were lost, for nobody read them",
                ["lines": .stringConvertible(count)]
            )
        }
    }
}

import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsValidation

/// `whyops signature extract`
struct SignatureExtractCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Prints the trace that a text's signatures name.",
        discussion: """
            That is the last signature of version 2 that a key verifies, else the last one of version 1, which anybody can write.
            Exit status: 0 found, 1 none, 2 misuse.

            Examples:
              whyops signature extract answer.txt
              whyops signature extract --format messages --all request.json
            """
    )

    @OptionGroup var input: TextInput
    @OptionGroup var keyOptions: SigningKeyOptions
    @Flag(help: "Print every signature, a line each: its bytes, its version and what it says.") var all = false
    @Flag(help: "Leave signatures of version 1 out, which are not authenticated.") var verifiedOnly = false
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
        let body = try input.read()
        let found = FoundSignature.all(in: body, escapes: input.format != .text, keys: try keyOptions.keys())
        let decided =
            found.last { $0.version == 2 && $0.traceID != nil }
            ?? found.last { $0.version == 1 && $0.traceID != nil && !verifiedOnly }
        if json {
            Terminal.out { writer in
                writer.member("traceId", decided?.traceID)
                writer.name("signatures")
                writer.array { writer in
                    for signature in found { writer.object { signature.write(to: &$0) } }
                }
            }
        } else if all {
            for signature in found {
                Terminal.out("\(signature.range.lowerBound)-\(signature.range.upperBound): \(signature.sentence)")
            }
        } else if let id = decided?.traceID {
            Terminal.out(id)
        }
        if decided == nil { throw ExitCode(1) }
    }
}

extension FoundSignature {
    /// Its members, in an object that is begun.
    func write(to writer: inout JSONWriter) {
        writer.member("version", version)
        writer.member("traceId", traceID)
        writer.member("verified", version == 2 && traceID != nil)
        writer.member("start", range.lowerBound)
        writer.member("end", range.upperBound)
    }
}

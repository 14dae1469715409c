import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsValidation

/// `whyops signature strip`
struct SignatureStripCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strip",
        abstract: "Writes a text without its signatures; every other byte stays.",
        discussion: """
            A body of an API is JSON or an event stream, in which signatures may be spelt with escapes.
            Exit status: 0 done, whether there was a signature or not, 2 misuse.

            Examples:
              whyops signature strip answer.txt > clean.txt
              whyops signature strip --format chat request.json > clean.json
            """
    )

    @OptionGroup var input: TextInput
    @OptionGroup var keyOptions: SigningKeyOptions

    func run() throws {
        let body = try input.read()
        let found = FoundSignature.all(in: body, escapes: input.format != .text, keys: try keyOptions.keys())
        Terminal.out(bytes: body.applying(found.map { ByteEdit($0.range) }))
    }
}

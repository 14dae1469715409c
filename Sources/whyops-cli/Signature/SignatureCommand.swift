import ArgumentParser

/// `whyops signature`
struct SignatureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signature",
        abstract: "Writes, reads, takes out and finds invisible signatures.",
        discussion: """
            Signing keys come from the variable WHYOPS_SIGNING_KEY (ID:BASE64), or from the variable or file that --key names; \
            no argument holds one.

            Examples:
              echo 'It is done, and all went well.' | whyops signature embed --trace session-1 --version 1
              whyops signature extract answer.txt
              whyops signature strip --format chat request.json > clean.json
              whyops signature scan Sources docs
            """,
        subcommands: [
            SignatureEmbedCommand.self, SignatureExtractCommand.self, SignatureStripCommand.self,
            SignatureScanCommand.self,
        ]
    )
}

import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops signature embed`
struct SignatureEmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Writes a text or a reply with a trace's signature in it, as the proxy does.",
        discussion: """
            A plain text gets the signature at its end, before white space; a reply of an API, whole or as an event stream, in \
            the last text of each answer. Text that a signature could harm (code, JSON, one word) gets none, which is said; \
            --policy always does it all the same.
            Exit status: 0 signed, 1 nothing that may carry a signature (what came goes out unchanged), 2 misuse.

            Examples:
              echo 'It is done, and all went well.' | whyops signature embed --trace session-1 --version 1
              WHYOPS_SIGNING_KEY=0:... whyops signature embed --trace session-1 --format chat reply.json
            """
    )

    @OptionGroup var input: TextInput
    @OptionGroup var keyOptions: SigningKeyOptions

    @Option(help: "The id of the trace.") var trace: String
    @Option(help: "1, which anybody can write, or 2, which needs a key. [default: 2 where there is a key]") var version:
        Int?
    @Option(
        help: "Which texts may carry it: careful or always.",
        completion: .list(["careful", "always"]),
        transform: {
            guard let policy = SignaturePolicy(rawValue: $0), policy != .off else {
                throw ValidationError("--policy is careful or always.")
            }
            return policy
        }
    )
    var policy = SignaturePolicy.careful

    func run() throws {
        let frame = try makeFrame()
        let body = try input.read()
        guard let format = input.format.exchange else {
            let place = CarrierTest.place(in: body.span, 0..<body.count, escapes: false, policy: policy)
            return try give(body, place.map { [ByteEdit($0..<$0, with: frame)] } ?? [])
        }
        if TextInput.isStream(body) {
            var stream = ReplyStream(format: format, frame: frame, policy: policy)
            let output = stream.read(body.span) + stream.finish()
            Terminal.out(bytes: output)
            if output == body { throw nothing }
            return
        }
        guard let reply = WholeReply(body, format: format, frame: frame, policy: policy) else {
            throw ValidationError("\(input.file) is neither JSON nor an event stream.")
        }
        try give(body, reply.edits)
    }

    private func makeFrame() throws -> [UInt8] {
        guard let id = TraceID(trace), id.isEmbeddable else {
            throw ValidationError("--trace must be 1 to 128 visible ASCII characters (SIG-2).")
        }
        let keys = try keyOptions.keys()
        switch version ?? (keys == nil ? nil : 2) {
        case 1: return InvisibleSignature.encodeV1(id) ?? []
        case 2:
            guard let keys else {
                throw ValidationError("Version 2 needs a key: set WHYOPS_SIGNING_KEY, or name one by --key.")
            }
            return InvisibleSignature.encodeV2(id, with: keys.active) ?? []
        case nil:
            throw ValidationError(
                "There is no key to sign with: set WHYOPS_SIGNING_KEY or name one by --key, or ask for --version 1."
            )
        default: throw ValidationError("--version is 1 or 2.")
        }
    }

    private func give(_ body: [UInt8], _ edits: [ByteEdit]) throws {
        Terminal.out(bytes: body.applying(edits))
        if edits.isEmpty { throw nothing }
    }

    private var nothing: ExitCode {
        Terminal.note(
            "Nothing here may carry a signature (spec/signature.md, SIG-31 to SIG-36); it went out as it came."
        )
        return ExitCode(1)
    }
}

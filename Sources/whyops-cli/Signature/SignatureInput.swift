import ArgumentParser
import FoundationEssentials
import WhyOps
import WhyOpsCommand
import WhyOpsValidation

/// What a text is: plain, or a body of one of the providers' APIs.
enum TextFormat: String, CaseIterable, ExpressibleByArgument {
    case text, chat, responses, messages

    /// The API of a body; `nil` of plain text.
    var exchange: ExchangeFormat? { ExchangeFormat(rawValue: rawValue) }
}

/// Which text a command works on, and what it is.
struct TextInput: ParsableArguments {
    @Argument(help: "The file; - is standard input.", completion: .file())
    var file = "-"

    @Option(help: "What it is: text, or a JSON body or event stream of chat, responses or messages.")
    var format = TextFormat.text

    /// The text, whole; a body that is no event stream has to be JSON, or nothing said of it would be true.
    func read() throws -> [UInt8] {
        let body = try Self.bytes(of: file)
        guard format != .text, !Self.isStream(body) else { return body }
        do throws(JSONFault) {
            _ = try JSONDocument(body)
        } catch {
            let line = 1 + body.prefix(error.offset).count { $0 == 0x0A }
            throw ValidationError(
                "\(file == "-" ? "standard input" : file):\(line): this is not JSON: \(error.message)"
            )
        }
        return body
    }

    static func bytes(of path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        do throws(ByteSource.Failure) {
            let source = try ByteSource(path)
            bytes.reserveCapacity(source.size ?? 0)
            while true {
                let part = try source.read()
                if part.isEmpty { return bytes }
                bytes += part
            }
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// Whether a body is an event stream, not one JSON value.
    static func isStream(_ body: [UInt8]) -> Bool {
        let first = body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return first != UInt8(ascii: "{") && first != UInt8(ascii: "[")
    }
}

/// Where signing keys come from.
struct SigningKeyOptions: ParsableArguments {
    @Option(help: "Where the keys are: env:NAME or file:PATH. [default: env:WHYOPS_SIGNING_KEY, where that is set]")
    var key: String?

    /// The keys; `nil` where none are named and none set.
    func keys() throws -> SigningKeys? {
        guard let key else {
            guard let text = ProcessInfo.processInfo.environment["WHYOPS_SIGNING_KEY"], !text.isEmpty else {
                return nil
            }
            return SigningKeys(try SigningKeyText.keys(text, in: "WHYOPS_SIGNING_KEY"))
        }
        if key.hasPrefix("env:") {
            let name = String(key.dropFirst(4))
            guard let text = ProcessInfo.processInfo.environment[name] else {
                throw Settings.Fault(description: "The variable \(name) is not set.")
            }
            return SigningKeys(try SigningKeyText.keys(text, in: "The variable \(name)"))
        }
        guard key.hasPrefix("file:") else {
            // What was given may be the key itself, so it is not repeated.
            throw Settings.Fault(
                description:
                    "--key must be env:NAME or file:PATH. A key is never an argument: others on this machine can "
                    + "read those."
            )
        }
        let path = String(key.dropFirst(5))
        let bytes = try TextInput.bytes(of: path)
        let text = String(
            decoding: bytes.reversed().drop { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }.reversed(),
            as: UTF8.self
        )
        return SigningKeys(try SigningKeyText.keys(text, in: "The file '\(path)'"))
    }
}

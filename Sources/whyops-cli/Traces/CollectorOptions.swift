import ArgumentParser
import FoundationEssentials
import WhyOpsCommand

/// Where spans are sent to, and how.
struct CollectorOptions: ParsableArguments {
    /// How the body of a request is written.
    enum Encoding: String, CaseIterable, ExpressibleByArgument {
        case json, protobuf
    }

    @Option(
        help: """
            Send spans to this address by OTLP/HTTP; /v1/traces is added where it has no path.
            """
    )
    var to: String?

    @Option(help: "With --to: json or protobuf. [default: json, and protobuf where the receiver answers 415]")
    var encoding: Encoding?

    @Flag(help: "With --to: compress what is sent.")
    var gzip = false

    @Option(help: "With --to: how many seconds a receiver has for a whole answer, 1 to 3600. [default: 60]")
    var timeout: Int?

    @Option(
        help: """
            With --to: a file with headers, 'Name: value' on each line. Others come from the variables \
            OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_TRACES_HEADERS.
            """
    )
    var headerFromFile: [String] = []

    /// Whether anything is set that needs `--to`.
    var isSet: Bool { encoding != nil || gzip || timeout != nil || !headerFromFile.isEmpty }

    func validate() throws {
        guard (1...3600).contains(timeout ?? 1) else { throw ValidationError("--timeout must be 1 to 3600.") }
    }

    /// The address with its path.
    func address(_ text: String) throws -> String {
        guard let parts = URLComponents(string: text), parts.scheme == "http" || parts.scheme == "https",
            parts.host?.isEmpty == false, parts.query == nil, parts.fragment == nil, parts.user == nil
        else {
            throw Settings.Fault(
                description:
                    "--to must be the address of a receiver, such as http://127.0.0.1:4318, without user or query."
            )
        }
        guard parts.path.isEmpty || parts.path == "/" else { return text }
        return (text.last == "/" ? String(text.dropLast()) : text) + "/v1/traces"
    }

    /// The headers of every request: never arguments, which others on the machine can read.
    func headers(_ settings: Settings) throws -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for variable in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
            for pair in settings.variable(variable)?.split(separator: ",") ?? [] {
                guard let sign = pair.firstIndex(of: "="), let value = Self.decoded(pair[pair.index(after: sign)...])
                else { throw Settings.Fault(description: "\(variable) must be 'name=value', separated by commas.") }
                headers.append(try Self.checked(String(pair[..<sign]), value, variable))
            }
        }
        for path in headerFromFile {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Settings.Fault(description: "The file '\(path)' cannot be read.")
            }
            for line in String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline) {
                guard let colon = line.firstIndex(of: ":") else {
                    throw Settings.Fault(description: "Each line of '\(path)' must be 'Name: value'.")
                }
                let value = String(line[line.index(after: colon)...])
                headers.append(try Self.checked(String(line[..<colon]), value, "'\(path)'"))
            }
        }
        return headers
    }

    /// What was given may be secret, so a fault does not repeat it.
    private static func checked(_ name: String, _ value: String, _ place: String) throws -> (String, String) {
        let name = trimmed(name)
        let value = trimmed(value)
        let isToken = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard !name.isEmpty, isToken, value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw Settings.Fault(description: "A header in \(place) is none: a name, and printable ASCII characters.")
        }
        return (name, value)
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    /// A value of the variables, in which bytes may stand as `%20`.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

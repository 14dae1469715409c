import FoundationEssentials
import WhyOps

/// What the operator set: by flag, else by variable `WHYOPS_…`, else in the configuration file.
///
/// A value of the wrong kind is refused with the place that it came from; it never falls back silently.
package struct Settings: Sendable {
    /// A setting that cannot be used.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    private let environment: [String: String]
    private let file: [String: String]
    private let filePath: String?

    /// Every name that a configuration file may hold.
    package static let names: Set<String> = [
        "host", "store", "log-level", "log-format", "shutdown-timeout", "proxy-port", "ingest-port", "default-agent",
        "max-body-bytes", "max-event-bytes", "upstream-connect-timeout", "upstream-first-byte-timeout",
        "upstream-idle-timeout", "upstream-total-timeout", "upstream-ca", "stitch-timeout", "admin-port", "admin-host",
        "signature",
        "signature-policy", "accept-v1", "openai-base-url", "anthropic-base-url", "spool", "spool-bytes",
        "allow-private-upstreams", "credential-variables", "requests-per-minute", "max-connections", "max-exchanges",
        "max-exchanges-per-key", "max-held-bytes", "failed-keys", "client-idle-timeout", "client-reply-timeout",
        "tls-certificate", "tls-key", "cors-origin", "prices", "ingest-requests-per-minute", "max-agents",
        "max-traces-per-version", "retention-age", "retention-size", "retention-interval",
    ]

    /// Reads the configuration file, if one is named: a JSON object with the names of the flags.
    package init(file path: String?, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.environment = environment
        let path = path ?? environment["WHYOPS_CONFIG"]
        filePath = path
        guard let path else {
            file = [:]
            return
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Fault(description: "The configuration file '\(path)' cannot be read.")
        }
        let root: JSONValue
        do throws(JSONFault) {
            root = try JSONDocument(Array(data)).root
        } catch {
            throw Fault(description: "The configuration file '\(path)' is not JSON: \(error.message).")
        }
        guard root.kind == .object else {
            throw Fault(description: "The configuration file '\(path)' must hold a JSON object.")
        }
        var values: [String: String] = [:]
        for (name, value) in root.members {
            guard Self.names.contains(name) else {
                throw Fault(
                    description: "The configuration file '\(path)' has an unknown member '\(name)'. "
                        + "Known are: \(Self.names.sorted().joined(separator: ", "))."
                )
            }
            switch value.kind {
            case .object, .array, .null:
                throw Fault(description: "'\(name)' in '\(path)' must be a string, a number or a boolean.")
            default: values[name] = value.string ?? String(decoding: value.slice, as: UTF8.self)
            }
        }
        file = values
    }

    /// A variable of any name, empty ones as absent.
    package func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The name of a setting's variable.
    package static func variableName(_ name: String) -> String {
        "WHYOPS_" + name.uppercased().replacing("-", with: "_")
    }

    /// A text, and where it was set.
    private func raw(_ name: String, _ flag: String?) -> (value: String, place: String)? {
        if let flag { return (flag, "--\(name)") }
        if let value = variable(Self.variableName(name)) { return (value, Self.variableName(name)) }
        if let value = file[name] { return (value, "'\(name)' in '\(filePath ?? "")'") }
        return nil
    }

    /// A text.
    package func string(_ name: String, flag: String?) -> String? {
        raw(name, flag)?.value
    }

    /// An integer in a range.
    package func integer(_ name: String, flag: Int?, in range: ClosedRange<Int>) throws -> Int? {
        guard let (value, place) = raw(name, flag.map(String.init)) else { return nil }
        guard let number = Int(value), range.contains(number) else {
            throw Fault(
                description: "\(place) must be an integer from \(range.lowerBound) to \(range.upperBound), "
                    + "but is '\(value)'."
            )
        }
        return number
    }

    /// A time in seconds, more than none and at most a day.
    package func seconds(_ name: String, flag: Double?) throws -> Double? {
        guard let (value, place) = raw(name, flag.map { String($0) }) else { return nil }
        guard let seconds = Double(value), seconds > 0, seconds <= 86_400 else {
            throw Fault(description: "\(place) must be a number of seconds above 0 and up to 86400, but is '\(value)'.")
        }
        return seconds
    }

    /// What a reader makes of a text.
    ///
    /// - Parameter expected: what the text must be, for a person.
    package func parsed<Value>(
        _ name: String,
        flag: String?,
        expected: String,
        _ read: (String) -> Value?
    ) throws -> Value? {
        guard let (text, place) = raw(name, flag) else { return nil }
        guard let value = read(text) else {
            throw Fault(description: "\(place) must be \(expected), but is '\(text)'.")
        }
        return value
    }

    /// One of some words.
    package func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String,
        flag: String?,
        of type: Value.Type
    ) throws -> Value? where Value.RawValue == String {
        guard let (value, place) = raw(name, flag) else { return nil }
        guard let choice = Value(rawValue: value) else {
            let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(description: "\(place) must be one of \(words), but is '\(value)'.")
        }
        return choice
    }

    /// True or false.
    package func boolean(_ name: String, flag: String?) throws -> Bool? {
        guard let (value, place) = raw(name, flag) else { return nil }
        switch value.lowercased() {
        case "true", "yes", "1", "on": return true
        case "false", "no", "0", "off": return false
        default: throw Fault(description: "\(place) must be true or false, but is '\(value)'.")
        }
    }
}

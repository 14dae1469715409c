import Hummingbird
import WhyOps
import WhyOpsStore

/// A request's query, decoded as HTML forms are.
struct QueryParameters {
    private var values: [(name: String, value: String)] = []

    init(_ request: Request) throws {
        for pair in (request.uri.query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            let value = pair.dropFirst(name.count + 1)
            guard let name = PercentDecoding.text(name, plusIsSpace: true) else { continue }
            guard let value = PercentDecoding.text(value, plusIsSpace: true) else {
                throw Refusal(parameter: name, "must be percent-encoded UTF-8 without U+0000")
            }
            values.append((name, value))
        }
    }

    /// A parameter's first value; empty counts as absent.
    subscript(_ name: String) -> String? {
        guard let value = values.first(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    /// A whole number in a range, or the default.
    func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = self[name] else { return fallback }
        guard let value = Int(text), range.contains(value) else {
            throw Refusal(
                parameter: name,
                "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// `true` or `false`; `nil` where it is neither given.
    func flag(_ name: String) throws -> Bool? {
        switch self[name] {
        case nil: return nil
        case "true": return true
        case "false": return false
        default: throw Refusal(parameter: name, "must be true or false")
        }
    }

    /// How much is asked of events (ING-18).
    var profile: EventProfile {
        get throws {
            guard let name = self["profile"] else { return .original }
            guard let profile = EventProfile(name: name) else {
                throw Refusal(parameter: "profile", "must be original or strict")
            }
            return profile
        }
    }

    /// A comma list; names that nobody knows are ignored.
    func list(_ name: String) -> Set<String> {
        Set((self[name] ?? "").split(separator: ",").map { $0.filter { $0 != " " } })
    }

    /// A time stamp or a date; a date means its first moment, or its last with `isEnd`.
    func date(_ name: String, isEnd: Bool = false) throws -> Timestamp? {
        guard let text = self[name] else { return nil }
        // A plus sign that a client forgot to encode arrives as a space.
        let spelled = text.replacing(" ", with: "+")
        guard let date = Timestamp(spelled) ?? Timestamp(spelled + (isEnd ? "T23:59:59.999Z" : "T00:00:00Z")) else {
            throw Refusal(parameter: name, "must be a date or an RFC 3339 time such as 2026-03-28T10:15:30Z")
        }
        return date
    }
}

/// Percent-decoding of paths and queries.
enum PercentDecoding {
    /// The decoded text; `nil` if it is not UTF-8 or holds U+0000, which no stored name does.
    static func text(_ bytes: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
        var decoded: [UInt8] = []
        var rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = hexadecimal(rest.prefix(2)) {
                decoded.append(value)
                rest.removeFirst(2)
            } else if byte == UInt8(ascii: "+"), plusIsSpace {
                decoded.append(UInt8(ascii: " "))
            } else {
                decoded.append(byte)
            }
        }
        return decoded.contains(0) ? nil : String(validating: decoded, as: UTF8.self)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
            return nil
        }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

extension IngestServer.Context {
    /// A part of the path, decoded; `nil` where it cannot name anything.
    func name(_ parameter: String) -> String? {
        parameters.get(parameter).flatMap { PercentDecoding.text($0.utf8) }
    }
}

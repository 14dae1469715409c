/// Compares an output member by member.
struct OutputJudge {
    let operation: String
    let expected: JSON

    /// How the output differs; `nil` where it is right.
    func fault(in output: JSON) -> String? {
        let texts = Operation(operation)?.textOutputs ?? []
        for member in expected.members {
            let name = String(decoding: member.name, as: UTF8.self)
            let actual = output[name] ?? .null
            if texts.contains(name), let wanted = TextValue.bytes(member.value) {
                guard let text = TextValue.bytes(actual) else { return "\(name): no text, but \(Self.short(actual))" }
                if text != wanted { return Self.difference(name, text, wanted) }
            } else if name == "faults" {
                let (found, wanted) = (Self.faults(actual), Self.faults(member.value))
                if found != wanted { return "faults: \(found), expected \(wanted)" }
            } else if actual != member.value {
                return "\(name): \(Self.short(actual)), expected \(Self.short(member.value))"
            }
        }
        return nil
    }

    /// Pointer and rule of each fault, in an order of their own.
    private static func faults(_ list: JSON) -> [String] {
        guard case .array(let faults) = list else { return ["no list"] }
        return faults.map { "\($0["pointer"]?.text ?? "?") \($0["rule"]?.text ?? "?")" }.sorted()
    }

    private static func short(_ value: JSON) -> String {
        let text = value.written()
        return String(decoding: text.prefix(200), as: UTF8.self) + (text.count > 200 ? "..." : "")
    }

    /// Where two texts part.
    static func difference(_ name: String, _ text: [UInt8], _ wanted: [UInt8]) -> String {
        let common = zip(text, wanted).prefix { $0 == $1 }.count
        func around(_ bytes: [UInt8]) -> String {
            let start = max(0, common - 12)
            return TextValue.hex(Array(bytes[min(start, bytes.count)..<min(common + 24, bytes.count)]))
        }
        return "\(name): differs at byte \(common) (\(text.count) bytes, expected \(wanted.count)): "
            + "\(around(text)), expected \(around(wanted))"
    }
}

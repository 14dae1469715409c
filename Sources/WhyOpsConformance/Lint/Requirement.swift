/// A rule of the spec.
package struct Requirement: Sendable, Equatable {
    /// How binding it is (RFC 2119).
    package enum Level: String, Sendable {
        case must = "MUST"
        case should = "SHOULD"
        case may = "MAY"
        /// A definition, which is as binding as a MUST.
        case statement = "STATEMENT"

        /// Whether a case has to check it.
        var needsCase: Bool { self == .must || self == .statement }
    }

    /// The id, such as `SIG-1`.
    package let id: String
    /// The first verb that binds most.
    package let level: Level
    /// The file that it stands in.
    package let file: String
    /// The sentence.
    package let text: String
}

/// The text of a specification file, read for its rules.
package struct SpecText: Sendable {
    /// The rules in order.
    package private(set) var requirements: [Requirement] = []
    /// Lines with a verb of RFC 2119 that no rule holds.
    package private(set) var strayLines: [Int] = []

    private static let verbs: Set<Substring> = [
        "MUST", "SHALL", "SHOULD", "MAY", "REQUIRED", "RECOMMENDED", "OPTIONAL",
    ]

    package init(_ text: String, file: String) {
        var isCode = false
        var current: (id: String, text: String)?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") { isCode.toggle() }
            if isCode { continue }
            if let (id, rest) = Self.rule(in: line) {
                finish(&current, file)
                current = (id, rest)
            } else if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("- ") || line.hasPrefix("|") {
                finish(&current, file)
            } else if current != nil {
                current?.text += " " + String(line).trimmed
            }
            if current == nil, Self.holdsVerb(line), !line.contains("key words") { strayLines.append(index + 1) }
        }
        finish(&current, file)
    }

    private mutating func finish(_ current: inout (id: String, text: String)?, _ file: String) {
        guard let rule = current else { return }
        requirements.append(.init(id: rule.id, level: Self.level(of: rule.text), file: file, text: rule.text))
        current = nil
    }

    /// The id and the sentence of `**[SIG-1]** ...`.
    private static func rule(in line: Substring) -> (String, String)? {
        guard let open = line.firstRange(of: "**["), let close = line[open.upperBound...].firstRange(of: "]**") else {
            return nil
        }
        let id = String(line[open.upperBound..<close.lowerBound])
        guard isWellFormed(id) else { return nil }
        return (id, String(line[close.upperBound...]).trimmed)
    }

    /// Letters in upper case, a hyphen and a number.
    package static func isWellFormed(_ id: String) -> Bool {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && parts[0].allSatisfy { ("A"..."Z").contains($0) }
            && (Int(parts[1]) ?? 0) > 0
    }

    private static func words(_ line: some StringProtocol) -> [Substring] {
        Substring(line).split { !$0.isLetter }
    }

    private static func holdsVerb(_ line: Substring) -> Bool { words(line).contains { verbs.contains($0) } }

    private static func level(of text: String) -> Requirement.Level {
        let words = Set(words(text))
        if !words.isDisjoint(with: ["MUST", "SHALL", "REQUIRED"]) { return .must }
        if !words.isDisjoint(with: ["SHOULD", "RECOMMENDED"]) { return .should }
        return words.isDisjoint(with: ["MAY", "OPTIONAL"]) ? .statement : .may
    }
}

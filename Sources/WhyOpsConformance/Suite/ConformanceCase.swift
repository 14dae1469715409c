/// One case of the suite.
public struct ConformanceCase: Sendable, CustomStringConvertible {
    /// What the answer has to be.
    public enum Expectation: Sendable, Equatable {
        /// The members of an output that have to be right.
        case output(JSON)
        /// An error with this code.
        case error(String)
    }

    /// The unique name, `<area>/<operation>/<name>`.
    public let id: String
    /// The operation, such as `signature.extract`.
    public let operation: String
    /// The rules of the spec that the case is about.
    public let requirements: [String]
    /// The spec version that brought the case.
    public let since: String
    /// The last spec version that it belongs to.
    public let until: String?
    /// The optional features that it needs; those that follow from the form of its texts included.
    public let features: Set<String>
    /// The flags, explained by the notes of its file.
    public let flags: [String]
    /// What is special about it.
    public let comment: String?
    /// The input as the file has it.
    public let input: JSON
    /// The answers that are right: one, or several where the spec leaves a choice.
    public let expected: [Expectation]

    /// The id.
    public var description: String { id }

    /// Reads a case of a file; `nil` where a member is missing that every case has.
    init?(_ json: JSON, operation: String) {
        guard let id = json["id"]?.text, let input = json["input"], let expect = json["expect"] else { return nil }
        let choices = expect["anyOf"]?.array ?? [expect]
        self.expected = choices.compactMap { choice in
            choice["output"].map { .output($0) } ?? choice["error"]?.text.map { .error($0) }
        }
        guard !expected.isEmpty, expected.count == choices.count else { return nil }
        self.id = id
        self.operation = operation
        self.requirements = json["req"]?.array.compactMap(\.text) ?? []
        self.since = json["since"]?.text ?? "1.0"
        self.until = json["until"]?.text
        self.flags = json["flags"]?.array.compactMap(\.text) ?? []
        self.comment = json["comment"]?.text
        self.input = input
        let needed = (Operation(operation)?.textMembers ?? []).flatMap { Self.features(of: input[$0]) }
        self.features = Set((json["features"]?.array.compactMap(\.text) ?? []) + needed)
    }

    /// The class whose verdict it counts for.
    public var conformanceClass: ConformanceClass { Operation(operation)?.conformanceClass ?? .codec }

    /// The output that is expected, where there is only one.
    public var output: JSON? {
        guard expected.count == 1, case .output(let output) = expected[0] else { return nil }
        return output
    }

    /// The error that is expected, where there is only one.
    public var error: String? {
        guard expected.count == 1, case .error(let code) = expected[0] else { return nil }
        return code
    }

    /// A text of the input as bytes.
    public func text(_ name: String) -> [UInt8]? { TextValue.bytes(input[name]) }

    /// Whether the case belongs to a version of the spec.
    public func belongs(to spec: SpecVersion) -> Bool {
        (SpecVersion(since).map { $0 <= spec } ?? true)
            && (until.flatMap { SpecVersion($0) }.map { spec <= $0 } ?? true)
    }

    /// What a text needs to be read.
    private static func features(of text: JSON?) -> [String] {
        guard case .object = text else { return [] }
        if text?["hex"] != nil { return ["bytes"] }
        if text?["escaped"] != nil { return ["surrogates"] }
        return []
    }
}

/// A version of the spec, `MAJOR.MINOR`.
public struct SpecVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    /// Reads `1.0`.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1], major >= 0, minor >= 0 else { return nil }
        self.major = major
        self.minor = minor
    }

    /// As it is read.
    public var description: String { "\(major).\(minor)" }

    /// By major, then by minor.
    public static func < (left: SpecVersion, right: SpecVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

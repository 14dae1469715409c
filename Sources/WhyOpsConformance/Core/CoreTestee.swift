import WhyOps

/// The Swift core as an implementation under test: what `whyops conformance testee` answers.
public struct CoreTestee: Sendable {
    /// Creates the testee; it keeps nothing between requests.
    public init() {}

    /// What the testee says of itself in answer to `start`.
    package static let introduction = JSON.object([
        .init("protocol", .integer(1)),
        .init(
            "implementation",
            .object([
                .init("name", .text("whyops-swift")), .init("version", .text("0.1.0")),
                .init("language", .text("swift")),
            ])
        ),
        .init("spec", .array([.text("1.0")])),
        .init(
            "features",
            .array([.text("bytes"), .text("surrogates"), .text("harness"), .text("lineage"), .text("findings")])
        ),
    ])

    /// Answers one request.
    ///
    /// - Complexity: that of the operation.
    public func answer(_ operation: String, _ input: JSON) -> TesteeAnswer {
        let area = operation.split(separator: ".").first ?? ""
        let answer: TesteeAnswer? =
            switch area {
            case "json": Self.json(operation, input)
            case "signature": Self.signature(operation, input)
            case "exchange", "stitch": Self.exchange(operation, input)
            case "agent": Self.agent(operation, input)
            case "event": Self.event(operation, input)
            case "trace": Self.trace(operation, input)
            default: nil
            }
        return answer ?? .skipped(reason: "\(operation) is not implemented", issue: nil)
    }

    /// Answers one line of the runner; `nil` where it is to end.
    package func answer(line: [UInt8]) -> [UInt8]? {
        guard let message = JSON(line) else { return JSON.object([.init("error", .text("not JSON"))]).written() }
        switch message["cmd"]?.text {
        case "start": return Self.introduction.written()
        case "run":
            let answer = answer(message["op"]?.text ?? "", message["input"] ?? .null)
            return answer.json(sequence: message["seq"]?.integer ?? 0).written()
        default: return nil
        }
    }

    /// An output of members.
    static func output(_ members: JSON.Member...) -> TesteeAnswer { .output(.object(members)) }

    /// A text or null.
    static func optional(_ text: String?) -> JSON { text.map { .text($0) } ?? .null }

    /// What a request without what the operation needs gets.
    static let malformed = TesteeAnswer.error("input.malformed")
}

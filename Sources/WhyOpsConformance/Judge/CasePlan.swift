/// What to ask an implementation about a case, and how to judge what it answers.
public struct CasePlan: Sendable {
    /// How streams are cut beside the plans of the cases.
    public enum Cuts: Sendable {
        /// Not at all.
        case none
        /// In two at no more than 24 places.
        case some
        /// In two at every place of a stream of no more than 6,144 bytes.
        case every
    }

    /// The case.
    public let subject: ConformanceCase
    /// The inputs of the requests, in order; one but for streams.
    public let inputs: [JSON]
    private let stream: StreamPlan?

    /// Makes a plan; `nil` for an operation that this version does not know, or an input that cannot be read.
    public init?(_ subject: ConformanceCase, cuts: Cuts = .some) {
        guard let operation = Operation(subject.operation) else { return nil }
        self.subject = subject
        if operation.name == "exchange.embed-stream" {
            guard let stream = StreamPlan(subject, cuts) else { return nil }
            self.stream = stream
            self.inputs = stream.inputs
            return
        }
        self.stream = nil
        self.inputs = [
            .object(
                subject.input.members.filter { $0.name != Array("chunkPlans".utf8) }.map { member in
                    let isText = operation.textMembers.contains { member.name.elementsEqual($0.utf8) }
                    return .init(bytes: member.name, isText ? TextValue.sent(member.value) : member.value)
                }
            )
        ]
    }

    /// Judges the answers, one for each input.
    public func verdict(on answers: [TesteeAnswer]) -> Verdict {
        for answer in answers {
            if case .skipped(let reason, _) = answer { return .skipped(reason) }
        }
        guard answers.count == inputs.count, let answer = answers.first else { return .fail("no answer") }
        let reasons = subject.expected.map { expectation in
            switch expectation {
            case .error(let code): Self.mismatch(answer, error: code)
            case .output(let expected): mismatch(answers, expected)
            }
        }
        return reasons.contains(nil) ? .pass : .fail(reasons.compactMap { $0 }.joined(separator: "; or "))
    }

    private static func mismatch(_ answer: TesteeAnswer, error code: String) -> String? {
        switch answer {
        case .error(code): nil
        case .error(let other): "error \(other), expected \(code)"
        default: "an output, expected the error \(code)"
        }
    }

    private func mismatch(_ answers: [TesteeAnswer], _ expected: JSON) -> String? {
        var outputs: [JSON] = []
        for answer in answers {
            switch answer {
            case .output(let output): outputs.append(output)
            case .error(let code): return "error \(code), expected an output"
            case .skipped: return "skipped"
            }
        }
        switch subject.operation {
        case "exchange.embed": return EmbedJudge(subject, expected).flatMap { $0.fault(in: outputs[0]) }
        case "exchange.embed-stream": return stream?.fault(in: outputs, expected)
        default: return OutputJudge(operation: subject.operation, expected: expected).fault(in: outputs[0])
        }
    }
}

/// What an implementation answered to one request.
public enum TesteeAnswer: Sendable, Equatable {
    /// The members of its output.
    case output(JSON)
    /// An error of the spec, by its code.
    case error(String)
    /// It does not know the operation or does not want to answer.
    case skipped(reason: String, issue: String?)

    /// Reads the answer to `run`; `nil` for what is no answer, also where it is one to another request.
    init?(_ json: JSON, sequence: Int) {
        guard json["seq"]?.integer == sequence else { return nil }
        if let output = json["output"], case .object = output {
            self = .output(output)
        } else if let code = json["error"]?.text {
            self = .error(code)
        } else if let reason = json["skipped"]?.text {
            self = .skipped(reason: reason, issue: json["issue"]?.text)
        } else {
            return nil
        }
    }

    /// The line that says so.
    package func json(sequence: Int) -> JSON {
        let number = JSON.Member("seq", .integer(sequence))
        switch self {
        case .output(let output): return .object([number, .init("output", output)])
        case .error(let code): return .object([number, .init("error", .text(code))])
        case .skipped(let reason, let issue):
            let link = issue.map { [JSON.Member("issue", .text($0))] } ?? []
            return .object([number, .init("skipped", .text(reason))] + link)
        }
    }
}

/// Whether the answers to a case are right.
public enum Verdict: Sendable, Equatable {
    case pass
    /// How the answer is wrong.
    case fail(String)
    /// The testee did not answer.
    case skipped(String)
}

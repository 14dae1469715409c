package import FoundationEssentials

/// A new expectation for one case, taken from a testee's answer.
package struct Blessing: Sendable {
    /// A change to write.
    package struct Change: Sendable {
        /// The vector file.
        package let file: URL
        /// Its new bytes.
        package let bytes: [UInt8]
        /// The expectation before.
        package let before: String
        /// The expectation after.
        package let after: String
    }

    private let subject: ConformanceCase
    private let suite: VectorSuite

    package init(_ subject: ConformanceCase, suite: VectorSuite) {
        self.subject = subject
        self.suite = suite
    }

    /// Asks the testee; `nil` where its answer is what is expected.
    package func ask(_ launcher: any TesteeLauncher) async throws -> Change? {
        guard subject.operation != "exchange.embed", subject.operation != "exchange.embed-stream" else {
            throw VectorSuite.Fault(
                description: "\(subject.id): replies are judged by reading; write what a client reads"
            )
        }
        guard let plan = CasePlan(subject), let spec = SpecVersion(subject.since) else {
            throw VectorSuite.Fault(description: "\(subject.id): cannot be asked")
        }
        let runner = ConformanceRunner(launcher, suite: suite.version, spec: spec)
        guard let answer = await runner.answers(to: plan)?.first else {
            throw VectorSuite.Fault(description: "\(subject.id): the testee did not answer")
        }
        if plan.verdict(on: [answer]) == .pass { return nil }
        let expect: JSON =
            switch answer {
            case .output(let output): .object([.init("output", output)])
            case .error(let code): .object([.init("error", .text(code))])
            case .skipped(let reason, _):
                throw VectorSuite.Fault(description: "\(subject.id): the testee skipped it: \(reason)")
            }
        return try change(to: expect)
    }

    private func change(to expect: JSON) throws -> Change {
        for file in suite.files {
            guard let json = file.json, let cases = json["cases"]?.array,
                let place = cases.firstIndex(where: { $0["id"]?.text == subject.id })
            else { continue }
            var changed = cases
            changed[place] = .object(
                cases[place].members.map { $0.name == Array("expect".utf8) ? .init("expect", expect) : $0 }
            )
            let whole = JSON.object(
                json.members.map { $0.name == Array("cases".utf8) ? .init("cases", .array(changed)) : $0 }
            )
            return Change(
                file: suite.directory.appending(path: "vectors/\(file.path)"),
                bytes: SuiteFormatter.canonical(whole),
                before: String(decoding: (cases[place]["expect"] ?? .null).written(.spaced), as: UTF8.self),
                after: String(decoding: expect.written(.spaced), as: UTF8.self)
            )
        }
        throw VectorSuite.Fault(description: "\(subject.id): stands in no file")
    }
}

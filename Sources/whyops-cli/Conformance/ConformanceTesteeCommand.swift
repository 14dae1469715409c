import ArgumentParser
import WhyOpsCommand
import WhyOpsConformance

/// `whyops conformance testee`
struct ConformanceTesteeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "testee",
        abstract: "Answers a runner's lines with the Swift core, on standard input and output.",
        discussion: """
            Example:
              whyops conformance run --testee "whyops conformance testee" --class codec
            """
    )

    func run() throws {
        let testee = CoreTestee()
        // The runner writes ASCII only, so nothing is lost in a string.
        while let line = readLine() {
            guard let answer = testee.answer(line: Array(line.utf8)) else { return }
            Terminal.out(String(decoding: answer, as: UTF8.self))
        }
    }
}

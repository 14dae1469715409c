/// The cases that an implementation is known to fail, with reasons.
package struct ExpectedFailures: Sendable {
    /// A line that cannot stand.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    private struct Line: Sendable {
        let number: Int
        let glob: Glob
        let reason: String
    }

    private let lines: [Line]

    /// Nothing is expected to fail.
    package init() { lines = [] }

    /// Reads a list: a glob, `#`, and a reason with an address on each line.
    package init(_ text: String) throws(Fault) {
        var lines: [Line] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let parts = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map {
                String($0).trimmed
            }
            guard let glob = parts.first, !glob.isEmpty else { continue }
            guard parts.count == 2, parts[1].contains("https://") || parts[1].contains("http://") else {
                throw Fault(description: "line \(index + 1): '\(glob)' needs '# reason, URL'")
            }
            lines.append(Line(number: index + 1, glob: Glob(glob), reason: parts[1]))
        }
        self.lines = lines
    }

    /// The results with `xfail` and `xpass`.
    package func applied(to results: [CaseResult]) -> [CaseResult] {
        results.map { result in
            guard let line = lines.first(where: { $0.glob.matches(result.id) }) else { return result }
            var result = result
            switch result.status {
            case .fail, .error:
                result.status = .xfail
                result.detail = line.reason
            case .pass:
                result.status = .xpass
                result.detail = "expected to fail: \(line.reason)"
            default: break
            }
            return result
        }
    }

    /// A line that matches no case of the suite, which is misuse.
    package func unmatched(in ids: [String]) -> Fault? {
        lines.first { line in !ids.contains { line.glob.matches($0) } }.map {
            Fault(description: "line \($0.number): '\($0.glob.pattern)' matches no case")
        }
    }
}

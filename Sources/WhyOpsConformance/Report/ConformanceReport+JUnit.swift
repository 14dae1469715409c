extension ConformanceReport {
    /// The report as JUnit XML: a suite for each class, a test for each case.
    public var junit: String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"whyops conformance \(suite)\">\n"
        for summary in classes {
            let mine = results.filter { $0.conformanceClass == summary.name }
            let failures = mine.count { $0.status == .fail || $0.status == .xpass }
            let errors = mine.count { $0.status == .error }
            let skipped = mine.count { [.skipped, .unsupported, .xfail].contains($0.status) }
            text +=
                "  <testsuite name=\"\(summary.name.rawValue)\" tests=\"\(mine.count)\" failures=\"\(failures)\" "
                + "errors=\"\(errors)\" skipped=\"\(skipped)\">\n"
            for result in mine { text += Self.testCase(result) }
            text += "  </testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    private static func testCase(_ result: CaseResult) -> String {
        let name = "    <testcase classname=\"\(result.conformanceClass.rawValue)\" name=\"\(escaped(result.id))\""
        let message = escaped([result.status.rawValue, result.detail].compactMap { $0 }.joined(separator: ": "))
        switch result.status {
        case .pass: return name + "/>\n"
        case .fail, .xpass: return name + "><failure message=\"\(message)\"/></testcase>\n"
        case .error: return name + "><error message=\"\(message)\"/></testcase>\n"
        case .skipped, .unsupported, .xfail: return name + "><skipped message=\"\(message)\"/></testcase>\n"
        }
    }

    /// Without the characters that XML 1.0 cannot say.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\u{20}"..."\u{7E}": result.unicodeScalars.append(scalar)
            case "\t", "\n", "\r": result += " "
            case "\u{A0}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
                result += "&#\(scalar.value);"
            default: result += "?"
            }
        }
        return result
    }
}

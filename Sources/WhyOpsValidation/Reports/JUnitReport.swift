/// JUnit's XML: a test for each file, which fails with the findings in it.
package struct JUnitReport: FindingReport {
    /// Of more findings in one file only the number is told: a test's text is held until its file ends.
    private static let maximum = 1000

    private var lines: [String] = []
    private var left = 0

    package init() {}

    package mutating func begin() -> [UInt8] {
        Array(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"whyops validate\">\n<testsuite name=\"whyops validate\">\n"
                .utf8
        )
    }

    package mutating func add(_ finding: Finding) -> [UInt8] {
        if lines.count == Self.maximum {
            left += 1
        } else {
            let pointer = finding.pointer.isEmpty ? "" : " at \(finding.pointer)"
            let place = "\(finding.place.line):\(finding.place.column)"
            lines.append("\(place): \(finding.message)\(pointer) [\(finding.rule)]")
        }
        return []
    }

    package mutating func end(_ file: FileSummary) -> [UInt8] {
        defer {
            lines = []
            left = 0
        }
        let head = "<testcase classname=\"whyops.validate\" name=\"\(Self.escaped(file.source))\""
        if lines.isEmpty { return Array("\(head)/>\n".utf8) }
        if left > 0 { lines.append("and \(left) more") }
        let count = "\(file.findings) finding\(file.findings == 1 ? "" : "s")"
        let text = Self.escaped(lines.joined(separator: "\n"))
        return Array("\(head)>\n<failure message=\"\(count)\">\(text)</failure>\n</testcase>\n".utf8)
    }

    package mutating func finish(_ run: RunSummary) -> [UInt8] { Array("</testsuite>\n</testsuites>\n".utf8) }

    /// A text of XML 1.0, which has no place for most control characters.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x26: result += "&amp;"
            case 0x3C: result += "&lt;"
            case 0x3E: result += "&gt;"
            case 0x22: result += "&quot;"
            case 0x09, 0x0A, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...: result.unicodeScalars.append(scalar)
            default: result += "\u{FFFD}"
            }
        }
        return result
    }
}

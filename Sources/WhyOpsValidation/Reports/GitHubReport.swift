/// Commands that GitHub Actions shows beside the lines of a change.
///
/// Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
package struct GitHubReport: FindingReport {
    package init() {}

    package mutating func add(_ finding: Finding) -> [UInt8] {
        let properties = [
            ("file", finding.source), ("line", String(finding.place.line)), ("col", String(finding.place.column)),
            ("title", finding.rule),
        ]
        let pointer = finding.pointer.isEmpty ? "" : "\(finding.pointer): "
        let head = properties.map { "\($0.0)=\(Self.escaped($0.1, isProperty: true))" }.joined(separator: ",")
        return Array("::error \(head)::\(Self.escaped(pointer + finding.message, isProperty: false))\n".utf8)
    }

    private static func escaped(_ text: String, isProperty: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            case ":" where isProperty: result += "%3A"
            case "," where isProperty: result += "%2C"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

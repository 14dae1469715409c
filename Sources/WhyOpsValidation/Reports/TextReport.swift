/// A line a finding, as compilers write them.
package struct TextReport: FindingReport {
    package init() {}

    package mutating func add(_ finding: Finding) -> [UInt8] {
        let pointer = finding.pointer.isEmpty ? "" : " at \(finding.pointer)"
        let place = "\(finding.source):\(finding.place.line):\(finding.place.column)"
        return Array("\(place): \(finding.message)\(pointer) [\(finding.rule)]\n".utf8)
    }
}

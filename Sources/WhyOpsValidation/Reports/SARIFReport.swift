import WhyOps

/// SARIF 2.1.0, which code hosts and editors read.
///
/// Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
package struct SARIFReport: FindingReport {
    private var isFirst = true
    private var rules: Set<String> = []

    package init() {}

    package mutating func begin() -> [UInt8] {
        let head = """
            {"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0",\
            "runs":[{"columnKind":"unicodeCodePoints","results":[
            """
        return Array(head.utf8)
    }

    package mutating func add(_ finding: Finding) -> [UInt8] {
        rules.insert(finding.rule)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("ruleId", finding.rule)
            writer.member("level", "error")
            writer.name("message")
            writer.object { $0.member("text", finding.message) }
            writer.name("locations")
            writer.array { writer in
                writer.object { Self.writeLocation(of: finding, to: &$0) }
            }
        }
        defer { isFirst = false }
        return Array((isFirst ? "\n" : ",\n").utf8) + writer.bytes
    }

    private static func writeLocation(of finding: Finding, to writer: inout JSONWriter) {
        writer.name("physicalLocation")
        writer.object { writer in
            writer.name("artifactLocation")
            writer.object { $0.member("uri", reference(to: finding.source)) }
            writer.name("region")
            writer.object { writer in
                writer.member("startLine", finding.place.line)
                writer.member("startColumn", finding.place.column)
            }
        }
        if finding.pointer.isEmpty { return }
        writer.name("logicalLocations")
        writer.array { writer in
            writer.object { writer in
                writer.member("fullyQualifiedName", finding.pointer)
                writer.member("kind", "member")
            }
        }
    }

    /// A path as a URI reference (RFC 3986): all but unreserved characters and slashes in percent form.
    private static func reference(to path: String) -> String {
        var text = path.hasPrefix("/") ? "file://" : ""
        for byte in path.utf8 {
            let scalar = Unicode.Scalar(byte)
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: text.unicodeScalars.append(scalar)
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.unicodeScalars.append(scalar)
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }

    package mutating func finish(_ run: RunSummary) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("driver")
            writer.object { writer in
                writer.member("name", "whyops validate")
                writer.name("rules")
                writer.array { writer in
                    for rule in rules.sorted() {
                        writer.object { writer in
                            writer.member("id", rule)
                            guard let text = RuleCatalogue.sentences(of: rule).first else { return }
                            writer.name("fullDescription")
                            writer.object { $0.member("text", text.text) }
                        }
                    }
                }
            }
        }
        return Array("\(isFirst ? "" : "\n")],\"tool\":".utf8) + writer.bytes + "}]}\n".utf8
    }
}

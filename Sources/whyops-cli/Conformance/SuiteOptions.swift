import ArgumentParser
import WhyOpsConformance

/// Where the suite is, and which of its cases are meant.
struct SuiteOptions: ParsableArguments {
    @Option(
        help: "The Conformance folder. (default: WHYOPS_SUITE, else the one of this checkout)",
        completion: .directory
    )
    var suite: String?

    @Option(help: "The version of the spec.")
    var spec = "1.0"

    @Option(
        name: .customLong("class"),
        help: """
            Only cases of this class: codec, definition, event, findings, stitching; or ingest, proxy. May be repeated.
            """
    )
    var `class`: [String] = []

    @Option(help: "Only cases whose id matches, such as 'signature/strip/*'.")
    var filter: String?

    func validate() throws {
        for name in `class` where ConformanceClass(rawValue: name) == nil {
            throw ValidationError("'\(name)' is not a class.")
        }
        if SpecVersion(spec) == nil { throw ValidationError("--spec is a version such as 1.0, not '\(spec)'.") }
    }

    /// The suite.
    func load() throws -> VectorSuite {
        let folder = try SuiteFolder.find(suite)
        return try FolderOptions.misuse { try VectorSuite(directory: folder) }
    }

    /// The classes that were asked for; empty for all.
    var classes: [ConformanceClass] { `class`.compactMap { ConformanceClass(rawValue: $0) } }

    /// The version that was asked for.
    var specVersion: SpecVersion {
        get throws {
            guard let version = SpecVersion(spec) else { throw ValidationError("--spec is a version such as 1.0.") }
            return version
        }
    }

    /// The cases that are meant, in the order of the suite.
    func cases(of suite: VectorSuite) throws -> [ConformanceCase] {
        let version = try specVersion
        let classes = classes
        let glob = filter.map { Glob($0) }
        let cases = suite.cases.filter { subject in
            subject.belongs(to: version) && (glob?.matches(subject.id) ?? true)
                && (classes.isEmpty || classes.contains(where: \.isNetwork)
                    || classes.contains(subject.conformanceClass))
        }
        guard !cases.isEmpty else { throw ValidationError("No case matches.") }
        return cases
    }
}

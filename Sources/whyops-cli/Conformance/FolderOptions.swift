import ArgumentParser
import FoundationEssentials
import WhyOpsConformance

/// Where the suite is, and the spec that it belongs to.
struct FolderOptions: ParsableArguments {
    @Option(
        help: "The Conformance folder. (default: WHYOPS_SUITE, else the one of this checkout)",
        completion: .directory
    )
    var suite: String?

    @Option(help: "The spec folder. (default: beside the suite)", completion: .directory)
    var specFolder: String?

    /// The suite.
    func load() throws -> VectorSuite {
        let folder = try SuiteFolder.find(suite)
        return try Self.misuse { try VectorSuite(directory: folder) }
    }

    /// Works with the spec folder; what cannot be read is misuse.
    func reading<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder =
            try specFolder.map { URL(filePath: $0, directoryHint: .isDirectory) }
            ?? SuiteFolder.find(suite).deletingLastPathComponent().appending(path: "spec", directoryHint: .isDirectory)
        return try Self.misuse { try body(folder) }
    }

    static func misuse<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let fault as VectorSuite.Fault {
            throw ValidationError("\(fault)")
        }
    }
}

extension FolderOptions {
    static func misuseAsync<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let fault as VectorSuite.Fault {
            throw ValidationError("\(fault)")
        }
    }
}

/// Finds the suite.
enum SuiteFolder {
    /// The folder that is named, else the one beside the binary's or the working folder, upwards.
    static func find(_ named: String?) throws -> URL {
        let variable = ProcessInfo.processInfo.environment["WHYOPS_SUITE"] ?? ""
        if let path = named ?? (variable.isEmpty ? nil : variable) {
            return URL(filePath: path, directoryHint: .isDirectory)
        }
        let working = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
        let binary = URL(filePath: CommandLine.arguments[0], relativeTo: working).resolvingSymlinksInPath()
        for start in [binary, working] {
            var folder = start.absoluteURL
            while folder.path != "/" {
                let candidate = folder.appending(path: "Conformance", directoryHint: .isDirectory)
                if FileManager.default.fileExists(atPath: candidate.appending(path: "vectors/files-1.0.txt").path) {
                    return candidate
                }
                folder.deleteLastPathComponent()
            }
        }
        throw ValidationError("No Conformance folder found; name it with --suite or WHYOPS_SUITE.")
    }
}

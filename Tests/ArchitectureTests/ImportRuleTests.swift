import Foundation
import Testing

/// The rules about which module may import which, read from the imports themselves.
struct ImportRuleTests {
    /// What each folder of `Sources` may import; the core nothing at all.
    static let allowed: [String: Set<String>] = [
        "WhyOps": [],
        // The same functions for C: nothing to ship beside them.
        "CWhyOps": ["WhyOps", "CWhyOpsABI"],
        // Files are read through Foundation; no other package, so that a consumer fetches none.
        "WhyOpsConformance": ["WhyOps", "FoundationEssentials", "Synchronization"],
        // Files are found through Foundation and read through the system, part by part.
        "WhyOpsValidation": ["WhyOps", "FoundationEssentials", "Glibc", "Musl", "Darwin"],
        // Bytes in, bytes out: who exports sends for himself.
        "WhyOpsInterop": ["WhyOps"],
        "WhyOpsStore": [
            "WhyOps", "Crypto", "GRDB", "GRDBSQLite", "Logging", "FoundationEssentials", "Synchronization",
            // To close a database waits for its readers, on a thread that they do not need; each connection to a server has
            // one of its own.
            "Dispatch",
            // A module map: the client library of PostgreSQL.
            "CPQ",
            // A copy is synced before it gets its name.
            "Glibc", "Musl", "Darwin",
        ],
        // A module map.
        "CZlib": [],
        "CPQ": [],
        "CMalloc": [],
        "WhyOpsGzip": ["CZlib"],
        // What the listeners of both services have in common: origins, TLS, limits of keys and addresses.
        "WhyOpsEdge": [
            "WhyOps", "WhyOpsStore", "FoundationEssentials", "Logging", "NIOCore", "NIOSSL", "Synchronization",
        ],
        "WhyOpsProxy": [
            // Its cost is what SwiftNIO's own codecs cost; anything on top of them is measured first.
            "WhyOps", "WhyOpsStore", "WhyOpsEdge", "FoundationEssentials", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix",
            "NIOSSL", "NIOTLS", "ServiceLifecycle", "Synchronization",
            // Its figures, for whatever backend the process has.
            "CoreMetrics", "Metrics",
            // Bodies in gzip.
            "WhyOpsGzip",
            // The spool's files: locks, writes at a place and syncs, which no package of ours offers.
            "Glibc", "Musl", "Darwin",
        ],
        "WhyOpsIngest": [
            "WhyOps", "WhyOpsStore", "WhyOpsEdge", "FoundationEssentials", "HTTPTypes", "Hummingbird",
            "HummingbirdCore", "Logging", "Metrics", "NIOCore", "NIOSSL", "Synchronization",
            // Bodies in gzip.
            "WhyOpsGzip",
            // Streams end when the service is told to.
            "ServiceLifecycle",
        ],
        "WhyOpsCommand": [
            "WhyOps", "WhyOpsStore", "WhyOpsEdge", "WhyOpsProxy", "WhyOpsIngest", "ArgumentParser",
            "FoundationEssentials", "Logging",
            "ServiceLifecycle", "UnixSignals", "Glibc", "Musl", "Darwin",
            // The log is written on a thread of its own.
            "Dispatch",
            // A module map: what the allocator is told.
            "CMalloc",
            // The operator's listener and the figures that it shows.
            "CoreMetrics", "HTTPTypes", "Hummingbird", "NIOCore", "Synchronization",
        ],
        // The SDK, which others link: the core, an HTTP client and what every service has.
        "WhyOpsClient": [
            "WhyOps", "AsyncHTTPClient", "FoundationEssentials", "Logging", "NIOCore", "NIOHTTP1", "ServiceLifecycle",
            "Synchronization",
        ],
        "whyops-cli": [
            "WhyOps", "WhyOpsStore", "WhyOpsEdge", "WhyOpsProxy", "WhyOpsIngest", "WhyOpsCommand", "ArgumentParser",
            "AsyncHTTPClient", "FoundationEssentials", "HTTPTypes", "Hummingbird", "Logging", "NIOCore", "NIOHTTP1",
            "NIOPosix", "NIOSSL", "Subprocess", "Synchronization", "WhyOpsConformance", "WhyOpsGzip", "WhyOpsInterop",
            "WhyOpsValidation",
        ],
        "whyops-proxy": ["WhyOpsCommand"],
        "whyops-ingest": ["WhyOpsCommand"],
    ]

    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    @Test func everyModuleHasARule() throws {
        let modules = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path())
        #expect(Set(modules) == Set(Self.allowed.keys))
    }

    @Test(arguments: allowed.keys.sorted())
    func moduleImportsOnlyWhatItMay(_ module: String) throws {
        let allowed = try #require(Self.allowed[module])
        for file in try Self.files(of: module) {
            let text = try String(contentsOf: file, encoding: .utf8)
            for line in text.split(separator: "\n") where Self.isImport(line) {
                let words = line.split(separator: " ")
                let name = words.last.map(String.init) ?? ""
                #expect(allowed.contains(name), "\(file.lastPathComponent): \(line)")
            }
        }
    }

    /// The core takes bytes and gives bytes and actions: no clock, no dice, no tasks, no state of the process.
    @Test func coreIsPure() throws {
        let banned: Set<Substring> = [
            "any", "Codable", "ContinuousClock", "SystemRandomNumberGenerator", "Task", "async", "print",
            "shared", "fatalError", "unchecked", "Character", "Regex",
        ]
        for file in try Self.files(of: "WhyOps") {
            let code = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                .filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            for line in code {
                // Every second part stands between quotes.
                let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
                let bare = parts.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined(
                    separator: " "
                )
                let words = Set(bare.split { !$0.isLetter && !$0.isNumber && $0 != "_" })
                #expect(
                    words.isDisjoint(with: banned) && !bare.contains(".random("),
                    "\(file.lastPathComponent): \(line)"
                )
            }
        }
    }

    /// Imports of scripts, which stand in texts of ours, name a file between quotes.
    private static func isImport(_ line: Substring) -> Bool {
        if line.contains("\"") { return false }
        let words = line.split(separator: " ")
        return words.first == "import" || (words.dropFirst().first == "import" && line.first != " ")
    }

    private static func files(of module: String) throws -> [URL] {
        let folder = sources.appending(path: module)
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path())
        return names.filter { $0.hasSuffix(".swift") }.map { folder.appending(path: $0) }
    }
}

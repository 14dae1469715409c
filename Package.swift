// swift-tools-version: 6.3
import PackageDescription

/// `WHYOPS_CORE_ONLY=1` leaves every target but the core out, for a ten-second edit-and-test loop.
let coreOnly = Context.environment["WHYOPS_CORE_ONLY"] == "1"

/// `WHYOPS_STRICT=1` (set by CI) turns warnings into errors. Consumers with other compilers must not inherit it.
let strict = Context.environment["WHYOPS_STRICT"] == "1"

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

/// A product of another package, built only with the trait `Services`: who writes `traits: []` resolves nothing.
func service(_ product: String, _ package: String) -> Target.Dependency {
    .product(name: product, package: package, condition: .when(traits: ["Services"]))
}

let argumentParser = service("ArgumentParser", "swift-argument-parser")
let asyncHTTPClient = service("AsyncHTTPClient", "async-http-client")
let coreMetrics = service("CoreMetrics", "swift-metrics")
let crypto = service("Crypto", "swift-crypto")
let grdb = service("GRDB", "GRDB.swift")
// The system library below it, by whose own functions values are bound and read: each goes there millions of times.
let sqlite = service("GRDBSQLite", "GRDB.swift")
let httpTypes = service("HTTPTypes", "swift-http-types")
let hummingbird = service("Hummingbird", "hummingbird")
let hummingbirdTesting = service("HummingbirdTesting", "hummingbird")
let lifecycle = service("ServiceLifecycle", "swift-service-lifecycle")
let logging = service("Logging", "swift-log")
let subprocess = service("Subprocess", "swift-subprocess")
let unixSignals = service("UnixSignals", "swift-service-lifecycle")
let metrics = service("Metrics", "swift-metrics")
let nioCore = service("NIOCore", "swift-nio")
let nioEmbedded = service("NIOEmbedded", "swift-nio")
let nioHTTP1 = service("NIOHTTP1", "swift-nio")
let nioPosix = service("NIOPosix", "swift-nio")
let nioSSL = service("NIOSSL", "swift-nio-ssl")
let nioTLS = service("NIOTLS", "swift-nio")

var targets: [Target] = [
    // The core: the standard library alone.
    .target(name: "WhyOps", swiftSettings: settings + [.strictMemorySafety()]),
    // The same for C: the header, and the functions that the compiler checks against it.
    .systemLibrary(name: "CWhyOpsABI", path: "Sources/CWhyOps/include"),
    .target(
        name: "CWhyOps",
        dependencies: ["WhyOps", "CWhyOpsABI"],
        exclude: ["include", "packaging"],
        swiftSettings: settings + [.strictMemorySafety()]
    ),
    .testTarget(name: "WhyOpsTests", dependencies: ["WhyOps"], swiftSettings: settings),
    // The conformance suite: vectors, judge, reports.
    .target(name: "WhyOpsConformance", dependencies: ["WhyOps"], swiftSettings: settings),
    .testTarget(name: "ConformanceTests", dependencies: ["WhyOps", "WhyOpsConformance"], swiftSettings: settings),
    .testTarget(
        name: "WhyOpsConformanceTests",
        dependencies: ["WhyOps", "WhyOpsConformance"],
        swiftSettings: settings
    ),
    // Files of payloads, checked as they are read.
    .target(name: "WhyOpsValidation", dependencies: ["WhyOps"], swiftSettings: settings),
    .testTarget(name: "WhyOpsValidationTests", dependencies: ["WhyOps", "WhyOpsValidation"], swiftSettings: settings),
    // Traces in other tools' forms, there and back.
    .target(name: "WhyOpsInterop", dependencies: ["WhyOps"], swiftSettings: settings),
    .testTarget(
        name: "WhyOpsInteropTests",
        dependencies: ["WhyOps", "WhyOpsInterop"],
        exclude: ["golden"],
        swiftSettings: settings
    ),
    .testTarget(name: "ArchitectureTests", swiftSettings: settings),
]

if !coreOnly {
    targets += [
        // The system's zlib, for bodies in gzip.
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        // What the system and its allocator are told; Swift's module of the C library has no way to it.
        .systemLibrary(name: "CMalloc"),
        // What proxy and ingest read such bodies with.
        .target(name: "WhyOpsGzip", dependencies: ["CZlib"], swiftSettings: settings),
        .testTarget(name: "WhyOpsGzipTests", dependencies: ["WhyOpsGzip"], swiftSettings: settings),
        // The client library of PostgreSQL.
        .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(
            name: "WhyOpsStore",
            dependencies: ["WhyOps", "CPQ", crypto, grdb, sqlite, logging, lifecycle],
            swiftSettings: settings
        ),
        // What the listeners of proxy and ingest have in common.
        .target(
            name: "WhyOpsEdge",
            dependencies: ["WhyOps", "WhyOpsStore", logging, nioCore, nioSSL],
            swiftSettings: settings
        ),
        .target(
            name: "WhyOpsProxy",
            dependencies: [
                "WhyOps", "WhyOpsStore", "WhyOpsEdge", "WhyOpsGzip", logging, lifecycle, nioCore, nioHTTP1, nioPosix,
                nioSSL, nioTLS,
                metrics, coreMetrics,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "WhyOpsIngest",
            dependencies: [
                "WhyOps", "WhyOpsStore", "WhyOpsEdge", "WhyOpsGzip", hummingbird, httpTypes, logging, lifecycle,
                nioCore,
                nioSSL, metrics,
            ],
            // .ci/viewer makes a Swift file of them.
            exclude: ["Viewer/page"],
            swiftSettings: settings
        ),
        // The command line that the three executables share; not a product.
        .target(
            name: "WhyOpsCommand",
            dependencies: [
                "WhyOps", "WhyOpsStore", "WhyOpsEdge", "WhyOpsProxy", "WhyOpsIngest", "CMalloc", argumentParser,
                logging,
                lifecycle,
                unixSignals,
                coreMetrics, hummingbird, httpTypes, nioCore,
            ],
            swiftSettings: settings
        ),
        // The SDK: what programs link to record their agents' events.
        .target(
            name: "WhyOpsClient",
            dependencies: ["WhyOps", asyncHTTPClient, nioCore, nioHTTP1, logging, lifecycle],
            swiftSettings: settings
        ),
        // Programs with the SDK: what its pages show, and what the black-box tests run.
        .executableTarget(
            name: "ShopAgent",
            dependencies: ["WhyOpsClient", asyncHTTPClient, nioCore, nioHTTP1],
            path: "Tests/Snippets/ShopAgent",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "RecordEvents",
            dependencies: ["WhyOpsClient"],
            path: "Tests/Snippets/RecordEvents",
            swiftSettings: settings
        ),
        .testTarget(
            name: "WhyOpsClientTests",
            dependencies: ["WhyOpsClient", "WhyOps", lifecycle, nioCore, nioHTTP1, nioPosix],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "whyops-cli",
            dependencies: [
                "WhyOps", "WhyOpsStore", "WhyOpsEdge", "WhyOpsProxy", "WhyOpsIngest", "WhyOpsCommand",
                "WhyOpsConformance", "WhyOpsGzip", "WhyOpsInterop", "WhyOpsValidation",
                argumentParser, asyncHTTPClient, subprocess,
                hummingbird, httpTypes, logging, lifecycle, nioCore, nioHTTP1, nioPosix, nioSSL,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "whyops-proxy",
            dependencies: ["WhyOpsCommand", argumentParser],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "whyops-ingest",
            dependencies: ["WhyOpsCommand", argumentParser],
            swiftSettings: settings
        ),
        .testTarget(name: "WhyOpsStoreTests", dependencies: ["WhyOpsStore", "WhyOps", grdb], swiftSettings: settings),
        .testTarget(
            name: "WhyOpsIngestTests",
            dependencies: [
                "WhyOpsIngest", "WhyOpsEdge", "WhyOpsStore", "WhyOps", hummingbirdTesting, hummingbird, httpTypes,
                nioCore,
                nioEmbedded, logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "WhyOpsCommandTests",
            dependencies: ["WhyOpsCommand", coreMetrics, logging],
            swiftSettings: settings
        ),
        .testTarget(
            name: "WhyOpsProxyTests",
            dependencies: [
                "WhyOpsProxy", "WhyOpsEdge", "WhyOpsStore", "WhyOps", lifecycle, logging, nioCore, nioEmbedded,
                nioHTTP1, nioPosix, nioSSL,
            ],
            swiftSettings: settings
        ),
    ]
}

let package = Package(
    name: "whyops",
    // `Span` in public signatures needs this on Apple systems; Linux needs nothing.
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "WhyOps", targets: ["WhyOps"]),
        .library(name: "WhyOpsConformance", targets: ["WhyOpsConformance"]),
        .library(name: "WhyOpsInterop", targets: ["WhyOpsInterop"]),
    ]
        + (coreOnly
            ? []
            : [
                .library(name: "WhyOpsClient", targets: ["WhyOpsClient"]),
                .executable(name: "whyops", targets: ["whyops-cli"]),
                .executable(name: "whyops-proxy", targets: ["whyops-proxy"]),
                .executable(name: "whyops-ingest", targets: ["whyops-ingest"]),
            ]),
    traits: [
        .trait(name: "Services", description: "Proxy, ingest and the command line, with everything they depend on."),
        .default(enabledTraits: ["Services"]),
    ],
    dependencies: coreOnly
        ? []
        : [
            // HTTP server of the ingest.
            .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
            .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
            // HTTP client of the command line.
            .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
            .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
            // TLS to the upstreams.
            .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
            // AES-GCM for secrets in the store.
            .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
            // SQLite.
            .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
            .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
            .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
            // What the libraries report their figures to.
            .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
            // Implementations under test, started and stopped by the conformance runner.
            .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
            // One owner of signals and of the order in which services stop.
            .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        ],
    targets: targets
)

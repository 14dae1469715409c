// swift-tools-version: 6.3
import PackageDescription

// Speed, as ratios within one run: `swift run -c release --package-path Benchmarks Stitching`.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "whyops", path: "..", traits: [])],
    targets: [
        .executableTarget(
            name: "Stitching",
            dependencies: [.product(name: "WhyOps", package: "whyops")],
            swiftSettings: [.swiftLanguageMode(.v6)]
        )
    ]
)

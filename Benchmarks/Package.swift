// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let core = Target.Dependency.product(name: "WhyOps", package: "whyops")

// What the core costs: `run` prints ratios side by side, `.ci/cost` holds instructions and allocations to their limits.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "whyops", path: "..", traits: [])],
    targets: [
        // The texts that everything here is measured with, made by rule from nothing but numbers.
        .target(name: "Workloads", dependencies: [core], swiftSettings: settings),
        // Counts allocations by standing before the C library's.
        .target(name: "CAllocations"),
        .executableTarget(name: "Cost", dependencies: ["Workloads", "CAllocations", core], swiftSettings: settings),
        .executableTarget(name: "Speed", dependencies: ["Workloads", "CAllocations", core], swiftSettings: settings),
    ]
)

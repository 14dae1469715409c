// swift-tools-version: 6.3
import PackageDescription

// A consumer of the core alone. With `traits: []` nothing but this package and the core may be resolved, and
// nothing but the standard library may be linked; `.ci/linkage` checks both.
let package = Package(
    name: "LinkageTest",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "whyops", path: "../..", traits: [])],
    targets: [
        .executableTarget(name: "LinkageTest", dependencies: [.product(name: "WhyOps", package: "whyops")])
    ]
)

import Testing
import WhyOpsStore

@testable import WhyOpsProxy

/// Which variables providers may refer to (PRX-134).
struct CredentialVariablesTests {
    private static let live = EnvironmentName(project: "shop", environment: "LIVE")
    private static let test = EnvironmentName(project: "shop", environment: "TEST")
    private static let other = EnvironmentName(project: "default", environment: "STAGING")

    private func granted(_ grants: String, _ name: String) throws -> [Bool] {
        let variables = try #require(CredentialVariables(grants: grants) { _ in "x" })
        return [.home, Self.live, Self.test, Self.other].map { variables.isGranted(name, to: $0) }
    }

    @Test func withoutGrantsOnlyTheHomeEnvironmentHasVariables() {
        let variables = CredentialVariables { _ in "x" }
        #expect(variables.credential("KEY", for: .home) == "x")
        #expect(variables.credential("KEY", for: Self.other) == nil)
        #expect(variables.credential("WHYOPS_API_KEY", for: .home) == nil)
    }

    @Test func grantsAreForAProjectAnEnvironmentOrAll() throws {
        #expect(try granted("KEY=shop", "KEY") == [true, true, true, false])
        #expect(try granted("KEY=shop/LIVE", "KEY") == [true, true, false, false])
        #expect(try granted("KEY=shop/LIVE,KEY=default/STAGING", "KEY") == [true, true, false, true])
        #expect(try granted("KEY=*", "KEY") == [true, true, true, true])
        #expect(try granted("KEY=*", "OTHER") == [true, false, false, false])
    }

    @Test(arguments: ["", "KEY", "KEY=", "=shop", "KEY=shop,", "KEY=shop/", "KEY=/LIVE", "WHYOPS_X=*", "A-B=shop"])
    func whatIsNoGrant(_ text: String) {
        #expect(CredentialVariables(grants: text) { _ in nil } == nil)
    }
}

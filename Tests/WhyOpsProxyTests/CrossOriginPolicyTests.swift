import Testing
import WhyOpsEdge

@testable import WhyOpsProxy

/// PRX-99
struct CrossOriginPolicyTests {
    @Test(arguments: [
        "", "a.test", "https://", "https://a.test/", "https://a.test/x", "ftp://a", "*,https://a", "null",
        "https://u@a",
    ])
    func isRefused(_ text: String) {
        #expect(CrossOriginPolicy(text) == nil)
    }

    @Test(arguments: ["https://a.test", "http://localhost:3000", "https://[::1]:8443", "HTTPS://A.test"])
    func isAnOrigin(_ text: String) throws {
        let policy = try #require(CrossOriginPolicy(text))
        let headers = policy.headers(origin: text.lowercased(), exposed: ["x-a", "x-b"])
        #expect(headers.contains { $0 == ("access-control-allow-origin", text.lowercased()) })
        #expect(headers.contains { $0 == ("access-control-expose-headers", "x-a, x-b") })
        #expect(headers.contains { $0 == ("vary", "Origin") })
        #expect(policy.headers(origin: text + ".evil", exposed: []).map(\.0) == ["vary"])
        #expect(policy.headers(origin: nil, exposed: []).map(\.0) == ["vary"])
    }
}

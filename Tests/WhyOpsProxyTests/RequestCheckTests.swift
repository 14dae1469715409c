import NIOHTTP1
import Testing

@testable import WhyOpsProxy

/// Heads that two readers could understand differently (PRX-52).
struct RequestCheckTests {
    private func fault(_ headers: [(String, String)], _ version: HTTPVersion = .http1_1) -> String? {
        RequestCheck.fault(
            in: HTTPRequestHead(version: version, method: .POST, uri: "/", headers: HTTPHeaders(headers))
        )
    }

    @Test func plainHeadsPass() {
        #expect(fault([("Host", "x")]) == nil)
        #expect(fault([("Host", "x"), ("Content-Length", "0")]) == nil)
        #expect(fault([("host", "x"), ("Transfer-Encoding", "Chunked")]) == nil)
        #expect(fault([("Content-Length", "12")], .http1_0) == nil)
    }

    @Test(arguments: ["", "+1", "-1", "1 ", " 1", "0x10", "1,1", "1e3", "9999999999999999999", "\u{0661}"])
    func lengthsAreNumbers(_ value: String) {
        #expect(fault([("Host", "x"), ("Content-Length", value)]) != nil)
    }

    @Test(arguments: ["", "identity", "chunked, chunked", "gzip, chunked", "chunked ", "xchunked", "chunke\u{0434}"])
    func otherEncodingsAreRefused(_ value: String) {
        #expect(fault([("Host", "x"), ("Transfer-Encoding", value)]) != nil)
    }

    @Test func framingIsSaidOnce() {
        #expect(fault([("Host", "x"), ("Content-Length", "1"), ("content-length", "1")]) != nil)
        #expect(fault([("Host", "x"), ("Content-Length", "1"), ("Transfer-Encoding", "chunked")]) != nil)
        #expect(fault([("Host", "x"), ("Transfer-Encoding", "chunked"), ("TRANSFER-ENCODING", "chunked")]) != nil)
        #expect(fault([("Host", "x"), ("Transfer-Encoding", "chunked")], .http1_0) != nil)
    }

    @Test func hostIsGivenOnce() {
        #expect(fault([]) != nil)
        #expect(fault([("Host", "a"), ("HOST", "b")]) != nil)
        #expect(fault([("Host", "a"), ("HOST", "b")], .http1_0) != nil)
    }

    @Test func otherVersionsAreRefused() {
        #expect(fault([("Host", "x")], HTTPVersion(major: 1, minor: 2)) != nil)
        #expect(fault([("Host", "x")], HTTPVersion(major: 2, minor: 0)) != nil)
    }
}

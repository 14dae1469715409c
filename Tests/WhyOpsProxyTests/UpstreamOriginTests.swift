import Testing
import WhyOps

@testable import WhyOpsProxy

struct UpstreamOriginTests {
    @Test(arguments: [
        (
            "https://api.openai.com/v1/models?limit=2", true, "api.openai.com", 443, "api.openai.com",
            "/v1/models?limit=2"
        ),
        ("http://127.0.0.1:11434/v1", false, "127.0.0.1", 11434, "127.0.0.1:11434", "/v1"),
        ("http://[::1]:80/a", false, "::1", 80, "[::1]", "/a"),
        ("https://[fe80::1]/a", true, "fe80::1", 443, "[fe80::1]", "/a"),
        ("https://host:80", true, "host", 80, "host:80", "/"),
        ("http://host?a=http://b@c", false, "host", 80, "host", "/?a=http://b@c"),
    ])
    func partsOfAnAddress(
        _ url: String,
        _ isSecure: Bool,
        _ host: String,
        _ port: Int,
        _ authority: String,
        _ target: String
    ) throws {
        let (origin, rest) = try #require(UpstreamOrigin.reading(url))
        #expect(origin == UpstreamOrigin(isSecure: isSecure, host: host, port: port))
        #expect(origin.authority == authority)
        #expect(rest == target)
    }

    /// Nothing that could send a credential elsewhere than the operator meant.
    @Test(arguments: [
        "", "api.openai.com/v1", "ftp://host/", "http://", "http:///path", "http://user@host/", "http://a:b@host/",
        "http://host:0/", "http://host:65536/", "http://host:x/", "http://host:/",
    ])
    func noAddress(_ url: String) {
        #expect(UpstreamOrigin.reading(url) == nil)
    }
}

struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
    ])
    func asHTTPWritesIt(_ seconds: Int, _ text: String) {
        #expect(HTTPDate.text(seconds: seconds) == text)
    }
}

struct HeaderFieldsTests {
    @Test func namesHaveNoCaseAndValuesAreJoined() {
        let headers = HeaderFields([("VIA", "a"), ("Content-Type", "x"), ("via", "b"), ("vi\u{0430}", "c")])
        #expect(headers[.via] == "a, b")
        #expect(headers[values: .via] == ["a", "b"])
        #expect(headers[.contentType] == "x")
        #expect(headers[.host] == nil)
        #expect(!headers.contains(.expect))
    }

    @Test func beginningsHaveNoCase() {
        #expect("Bearer abc".dropping(prefix: "bearer ") == "abc")
        #expect("BEARER ".dropping(prefix: "bearer ") == "")
        #expect("Bearer".dropping(prefix: "bearer ") == nil)
        #expect("Basic abc".dropping(prefix: "bearer ") == nil)
        #expect("\u{1F600}\u{1F600}".dropping(prefix: "bearer ") == nil)
    }

    @Test func targetsAreSplitAtTheirMarks() {
        let request = ProxyRequest(method: "GET", target: "/v1/a%2Fb?x=1?2#y", headers: HeaderFields())
        #expect(request.path == "/v1/a%2Fb")
        #expect(request.query == "x=1?2")
        #expect(ProxyRequest(method: "GET", target: "/a", headers: HeaderFields()).query == nil)
        #expect(ProxyRequest(method: "GET", target: "/a?", headers: HeaderFields()).query == "")
    }

    /// PRX-215
    @Test(arguments: [
        ("http://x:1/v1/a?b=c", "x:1", "/v1/a", "b=c"), ("HTTPS://x/v1/a", "x", "/v1/a", nil),
        ("http://x", "x", "/", nil), ("http://x?b", "x", "/", "b"), ("http://[::1]:8/a#b", "[::1]:8", "/a", nil),
        ("http://x//y/a", "x", "//y/a", nil), ("http://x/http://y/a", "x", "/http://y/a", nil),
    ]) func aTargetInAbsoluteFormIsItsPath(_ target: String, _ host: String, _ path: String, _ query: String?) {
        let request = ProxyRequest(method: "GET", target: target, headers: HeaderFields([("Host", host)]))
        #expect(request.path == path && request.query == query)
    }

    @Test(arguments: [
        ("http://x/a", "y"), ("http://x/a", "x:80"), ("http://x/a", "X"), ("http://u@x/a", "x"),
        ("http://u@x/a", "u@x"), ("http:///a", ""), ("http:/a", "x"), ("ftp://x/a", "x"), ("x:443", "x:443"),
        ("*", "x"), ("http://x\\y/a", "x"),
    ]) func anyOtherTargetIsNoPath(_ target: String, _ host: String) {
        let request = ProxyRequest(method: "GET", target: target, headers: HeaderFields([("Host", host)]))
        #expect(ProxyPath(method: "GET", path: request.path).route == .invalid)
    }
}

import Testing
import WhyOps

struct ProxyRouteTests {
    @Test(
        arguments: ["", "/v1", "/v1/v1"],
        [
            ("POST", "/chat/completions", ProxyRoute.exchange(.chat)), ("POST", "/chat/completions/", .exchange(.chat)),
            ("POST", "/messages", .exchange(.messages)), ("POST", "/agents/init", .agentInit),
            ("POST", "/responses", .exchange(.responses)), ("GET", "/responses", .passThrough),
            ("GET", "/responses/resp_1", .passThrough), ("POST", "/responses/resp_1/cancel", .passThrough),
            ("POST", "/responses/compact", .passThrough),
            ("POST", "/embeddings", .embeddings), ("GET", "/embeddings", .passThrough),
            ("GET", "/models", .passThrough),
            ("POST", "/messages/count_tokens", .passThrough), ("GET", "/chat/completions", .passThrough),
            ("GET", "/realtime", .realtime), ("GET", "/files/../secrets", .invalid),
            ("GET", "/files/%2e%2E/secrets", .invalid),
            ("GET", "/models/a%2Fb", .passThrough), ("GET", "/a/..%2fb", .invalid), ("GET", "/a\\b", .invalid),
            ("GET", "/a..b/.c", .passThrough),
        ]
    )
    func pathIsReadWithAndWithoutVersion(_ prefix: String, _ route: (String, String, ProxyRoute)) {
        #expect(ProxyPath(method: route.0, path: prefix + route.1).route == route.2)
    }

    /// PRX-26: what CONNECT asks for stands where a path does.
    @Test(arguments: ["@evil.example:80", ":8080", "evil.example:443", ".evil.example", "*", ""])
    func targetThatIsNoPathIsInvalid(_ target: String) {
        for method in ["CONNECT", "GET", "POST", "OPTIONS"] {
            #expect(ProxyPath(method: method, path: target).route == .invalid)
        }
    }

    @Test func pathBelowTheVersionIsKept() {
        #expect(ProxyPath(method: "GET", path: "/v1/models/gpt").path == "/models/gpt")
        #expect(ProxyPath(method: "GET", path: "/v1x/models").path == "/v1x/models")
        #expect(ProxyPath(method: "GET", path: "/health").route == .health)
    }

    /// Paths, and the vendor without a header of Anthropic's, with `anthropic-version` and with `x-api-key` alone.
    @Test(arguments: [
        ("/v1/messages/batches", Vendor.anthropic, Vendor.anthropic, Vendor.anthropic),
        ("/messages/count_tokens", .anthropic, .anthropic, .anthropic),
        ("/complete", .anthropic, .anthropic, .anthropic),
        ("/v1/embeddings", .openai, .openai, .openai), ("/responses/resp_1/input_items", .openai, .openai, .openai),
        ("/v1/chat/completions/id", .openai, .openai, .openai), ("/v1/chatkit", .openai, .anthropic, .openai),
        ("/v1/models", .openai, .anthropic, .anthropic), ("/files/id/content", .openai, .anthropic, .anthropic),
        ("/v1/skills", .openai, .anthropic, .openai), ("/v1/environments", .openai, .anthropic, .openai),
        ("/v1/audio/speech", .openai, .anthropic, .openai), ("/v1/messagesx", .openai, .anthropic, .openai),
    ])
    func vendorIsTheOneWhoseClientCalls(_ path: String, _ plain: Vendor, _ version: Vendor, _ key: Vendor) {
        let path = ProxyPath(method: "GET", path: path)
        #expect(path.vendor(hasAnthropicVersion: false, hasAPIKeyHeader: false) == plain)
        #expect(path.vendor(hasAnthropicVersion: true, hasAPIKeyHeader: false) == version)
        #expect(path.vendor(hasAnthropicVersion: true, hasAPIKeyHeader: true) == version)
        #expect(path.vendor(hasAnthropicVersion: false, hasAPIKeyHeader: true) == key)
    }

    @Test(arguments: [
        "authorization", "x-api-key", "cookie", "x-agent-name", "x-trace-id", "x-whyops-signature", "host",
        "connection", "x-forwarded-for", "accept-encoding", "content-length",
        // PRX-115
        "anthropic_version", "openai-organization_id", "x-stainless_lang", "x_stainless-lang", "idempotency_key",
    ])
    func headerThatIsNotForTheUpstreamStays(_ name: String) {
        #expect(!HeaderPolicy.forwards(name))
    }

    @Test(arguments: [
        "anthropic-beta", "anthropic-version", "anthropic-workspace-id", "openai-organization", "idempotency-key",
        "x-stainless-lang",
        "user-agent",
    ])
    func headerThatTheUpstreamNeedsPasses(_ name: String) {
        #expect(HeaderPolicy.forwards(name))
    }

    @Test func replyHeadersPassByTheList() {
        #expect(HeaderPolicy.returns("x-ratelimit-remaining-tokens"))
        #expect(HeaderPolicy.returns("anthropic-ratelimit-requests-limit"))
        #expect(HeaderPolicy.returns("anthropic-priority-input-tokens-remaining"))
        #expect(HeaderPolicy.returns("openai-poll-after-ms"))
        #expect(HeaderPolicy.returns("retry-after-ms"))
        #expect(!HeaderPolicy.returns("set-cookie"))
        #expect(!HeaderPolicy.returns("content-length"))
        #expect(!HeaderPolicy.returns("transfer-encoding"))
    }

    @Test func errorsComeInTheVendorsEnvelope() {
        let error = ProxyError(status: 400, code: "c", message: "m \"q\"", pointer: "/model")
        #expect(
            String(decoding: error.body(for: .openai), as: UTF8.self)
                == #"{"error":{"message":"m \"q\"","type":"invalid_request_error","param":"/model","code":"c"}}"#
        )
        #expect(
            String(decoding: error.body(for: .anthropic), as: UTF8.self)
                == #"{"type":"error","error":{"type":"invalid_request_error","message":"m \"q\"","code":"c","pointer":"/model"}}"#
        )
    }
}

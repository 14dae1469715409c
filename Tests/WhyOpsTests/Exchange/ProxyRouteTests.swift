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

    /// PRX-170: no spelling of a recorded route is passed on unrecorded, and the upstream gets the route's own.
    @Test(arguments: [
        "/v1/%63hat/completions", "/v1//chat/completions", "//v1/chat/completions", "/v1/chat//completions",
        "/v1/chat%2Fcompletions", "/v1/chat%2fcompletions", "/v1%2Fchat/completions", "/%76%31/chat/completions",
        "/v1/v1/v1/chat/completions", "/v1/v1/v1/v1/chat/completions", "/V1/Chat/Completions", "/v1/chat/completions//",
        "/v1/chat/completions;a=b", "/v1;a/chat;b=/completions/;c", "/v1/%43HAT/%63ompletions%2F",
        "///chat///completions",
    ])
    func spellingsOfARecordedRouteAreRecorded(_ spelling: String) {
        let path = ProxyPath(method: "POST", path: spelling)
        #expect(path.route == .exchange(.chat))
        #expect(path.path == "/chat/completions")
    }

    @Test func everyRouteOfOursIsFoundInAnySpelling() {
        for (spelling, route) in [
            ("/v1/%6Dessages", ProxyRoute.exchange(.messages)), ("/v1//responses", .exchange(.responses)),
            ("/v1/v1/v1/embeddings", .embeddings), ("/v1/agents%2finit", .agentInit), ("/Realtime", .realtime),
        ] {
            #expect(ProxyPath(method: "POST", path: spelling).route == route, "\(spelling)")
        }
    }

    /// What is no spelling of one goes on as it came.
    @Test(arguments: [
        "/v1//models", "/v1/models/Gpt%2F4", "/v1/chat/completions%20", "/v1/chat/%2563ompletions", "/v1/chat;/x",
        "/v1/chat/completions%3Fa", "/v1/x/chat/completions", "/v1/messages//count_tokens", "/v1/chat%2/completions",
    ])
    func otherPathsKeepTheirSpelling(_ spelling: String) {
        let path = ProxyPath(method: "POST", path: spelling)
        #expect(path.route == .passThrough)
        #expect(path.path == String(spelling.dropFirst(3)))
    }

    /// Whoever ends a base address with a slash must not be sent to another vendor, or past the proxy (PRX-84).
    @Test(arguments: ["//v1/messages/batches/b_1", "/v1//messages/batches/b_1", "/v1/Messages%2Fbatches/b_1/"])
    func otherPathsAreOfTheVendorTheyReadAs(_ spelling: String) {
        let path = ProxyPath(method: "GET", path: spelling)
        #expect(path.route == .passThrough)
        #expect(path.vendor(hasAnthropicVersion: false, hasAPIKeyHeader: false) == .anthropic)
        #expect(BatchReply.isExpected(at: path.reading))
    }

    /// PRX-1, PRX-18
    @Test(arguments: ["", "/v1", "/v1/v1"])
    func healthIsAnsweredWithAndWithoutVersion(_ prefix: String) {
        for (path, method) in [("/health", "GET"), ("/health/ready", "GET"), ("/health/", "HEAD")] {
            #expect(ProxyPath(method: method, path: prefix + path).route == .health)
            #expect(ProxyPath(method: "POST", path: prefix + path).route == .passThrough)
        }
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

    /// PRX-202
    @Test(arguments: ["range", "if-range", "if-none-match", "if-modified-since", "accept-language"])
    func conditionsPassWhereTheBodyDoes(_ name: String) {
        #expect(HeaderPolicy.forwardsUnread(name))
        #expect(!HeaderPolicy.forwards(name))
    }

    /// PRX-202
    @Test(arguments: ["content-range", "accept-ranges", "etag", "last-modified", "repr-digest", "content-md5"])
    func whatIsSaidOfABodyPassesWithIt(_ name: String) {
        #expect(HeaderPolicy.returnsUnread(name))
        #expect(!HeaderPolicy.returns(name))
    }

    /// PRX-8, PRX-202: nothing that sends a client elsewhere, and nothing that is for one connection or one server.
    @Test(arguments: [
        "location", "content-location", "link", "refresh", "set-cookie", "connection", "transfer-encoding", "alt-svc",
        "www-authenticate", "strict-transport-security",
    ])
    func whatLeadsPastTheProxyStays(_ name: String) {
        #expect(!HeaderPolicy.returnsUnread(name))
    }

    /// PRX-6, PRX-202
    @Test(arguments: [
        "cookie", "authorization", "api-key", "x-api-key", "x-whyops-signature", "if_range", "te", "forwarded",
    ])
    func secretsStayOnEveryRoute(_ name: String) {
        #expect(!HeaderPolicy.forwardsUnread(name))
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

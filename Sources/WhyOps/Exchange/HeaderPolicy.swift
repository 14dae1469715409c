/// Which headers pass through the proxy; everything that is not named stays behind (PRX-6, PRX-7).
public enum HeaderPolicy {
    /// Whether a request header, by its lower-case name, is forwarded to the upstream.
    public static func forwards(_ name: String) -> Bool {
        switch name {
        case "accept", "content-type", "user-agent", "idempotency-key", "x-request-id", "x-client-request-id",
            "openai-organization", "openai-project", "openai-beta", "anthropic-version", "anthropic-beta",
            "anthropic-dangerous-direct-browser-access":
            true
        default:
            name.utf8.starts(with: "x-stainless-".utf8)
        }
    }

    /// Whether a response header, by its lower-case name, is returned to the client.
    public static func returns(_ name: String) -> Bool {
        switch name {
        case "content-type", "content-encoding", "content-disposition", "cache-control", "request-id",
            "x-request-id", "openai-processing-ms", "openai-version", "openai-organization",
            "anthropic-organization-id", "retry-after", "retry-after-ms", "x-should-retry", "cf-ray":
            true
        default:
            name.utf8.starts(with: "x-ratelimit-".utf8) || name.utf8.starts(with: "anthropic-ratelimit-".utf8)
        }
    }
}

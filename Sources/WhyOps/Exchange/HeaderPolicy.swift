/// Which headers pass through the proxy; everything that is not named stays behind (PRX-6, PRX-7).
public enum HeaderPolicy {
    /// Whether a request header, by its lower-case name, is forwarded to the upstream.
    ///
    /// - Complexity: O(n).
    public static func forwards(_ name: String) -> Bool {
        // PRX-115: another server may take it for another header.
        if name.utf8.contains(UInt8(ascii: "_")) { return false }
        return isListed(name)
    }

    private static func isListed(_ name: String) -> Bool {
        switch name {
        case "accept", "content-type", "user-agent", "idempotency-key", "x-request-id", "x-client-request-id": true
        default: isVendors(name) || name.utf8.starts(with: "x-stainless-".utf8)
        }
    }

    /// Whether a response header, by its lower-case name, is returned to the client.
    public static func returns(_ name: String) -> Bool {
        switch name {
        case "content-type", "content-encoding", "content-disposition", "cache-control", "request-id",
            "x-request-id", "retry-after", "retry-after-ms", "x-should-retry", "cf-ray":
            true
        default: isVendors(name) || name.utf8.starts(with: "x-ratelimit-".utf8)
        }
    }

    /// Whether a request header is forwarded as well where the proxy leaves the reply's body as it comes (PRX-202).
    public static func forwardsUnread(_ name: String) -> Bool {
        switch name {
        case "accept-language", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
            "range":
            true
        default: forwards(name)
        }
    }

    /// Whether a response header is returned as well where the proxy leaves the body as it came (PRX-202).
    public static func returnsUnread(_ name: String) -> Bool {
        switch name {
        case "accept-ranges", "content-digest", "content-language", "content-md5", "content-range", "digest", "etag",
            "expires", "last-modified", "repr-digest":
            true
        default: returns(name)
        }
    }

    /// Whether a header is of a vendor's own API, whose clients may add to it at any time.
    private static func isVendors(_ name: String) -> Bool {
        name.utf8.starts(with: "openai-".utf8) || name.utf8.starts(with: "anthropic-".utf8)
    }
}

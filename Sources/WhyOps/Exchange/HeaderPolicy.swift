/// Which headers pass through the proxy; everything that is not named stays behind (PRX-6, PRX-7).
public enum HeaderPolicy {
    /// Whether a request header, by its lower-case name, is forwarded to the upstream.
    ///
    /// - Complexity: O(n).
    public static func forwards(_ name: String) -> Bool {
        let name = name.utf8.span
        // PRX-115: another server may take it for another header.
        for place in name.indices where name[place] == UInt8(ascii: "_") { return false }
        return name.equals("accept") || name.equals("content-type") || name.equals("user-agent")
            || name.equals("idempotency-key") || name.equals("x-request-id") || name.equals("x-client-request-id")
            || isVendors(name) || name.starts(with: "x-stainless-")
    }

    /// Whether a response header, by its lower-case name, is returned to the client.
    public static func returns(_ name: String) -> Bool {
        let name = name.utf8.span
        return name.equals("content-type") || name.equals("content-encoding") || name.equals("content-disposition")
            || name.equals("cache-control") || name.equals("request-id") || name.equals("x-request-id")
            || name.equals("retry-after") || name.equals("retry-after-ms") || name.equals("x-should-retry")
            || name.equals("cf-ray") || isVendors(name) || name.starts(with: "x-ratelimit-")
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
    private static func isVendors(_ name: Span<UInt8>) -> Bool {
        name.starts(with: "openai-") || name.starts(with: "anthropic-")
    }
}

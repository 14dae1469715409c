package import WhyOps

/// Where the proxy listens, whom it forwards to, and how much it takes.
package struct ProxyConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 takes any free port.
    package var port = 8080
    /// The upstream of each vendor.
    package var providers: [Vendor: Provider] = [:]
    /// The agent of requests without `X-Agent-Name`.
    package var defaultAgent: String?
    /// The largest request body that is read, in bytes.
    package var maximumBodyBytes = 32 * 1024 * 1024
    /// The largest reply that is read whole, in bytes; a larger one is an upstream fault.
    package var maximumReplyBytes = 64 * 1024 * 1024
    package var timeouts = UpstreamTimeouts()
    /// The signature that replies get.
    package var signature = SignatureChoice.v2
    /// The environment that the operator's own signing keys are for.
    package var homeEnvironmentID: String?
    /// Keys of the operator's own: the first one signs, and with those of the store they all verify (PRX-30).
    package var signingKeys: [SigningKey] = []
    package var signaturePolicy = SignaturePolicy.careful
    /// Whether version 1 signatures in a history decide about its trace.
    package var acceptsV1 = true
    /// The most ids of replies that are remembered for stitching.
    package var maximumEchoLinks = 200_000
    /// Where events wait for the store; `nil` keeps them in memory.
    package var spool: SpoolConfiguration?

    package init() {}
}

/// The signature of a reply (PRX-20).
package enum SignatureChoice: String, Sendable, CaseIterable {
    case v1, v2, off
}

/// How long an upstream may take, in seconds.
package struct UpstreamTimeouts: Sendable, Hashable {
    /// Until a connection is made.
    package var connect = 10.0
    /// Until the head of the reply.
    package var firstByte = 600.0
    /// Between two reads of a reply.
    package var idle = 600.0

    package init() {}
}

/// An upstream and how to be let in.
package struct Provider: Sendable {
    package let vendor: Vendor
    /// The name that events give.
    package let name: String
    /// The address without a slash at its end.
    package let baseURL: String
    /// The credential; `nil` sends none, as local model servers want.
    package let apiKey: String?

    package init(vendor: Vendor, name: String, baseURL: String, apiKey: String?) {
        self.vendor = vendor
        self.name = name
        self.apiKey = apiKey
        var address = baseURL[...]
        while address.hasSuffix("/") { address = address.dropLast() }
        self.baseURL = String(address)
    }

    /// The address of a path below the API's version. OpenAI base addresses name the version themselves;
    /// Anthropic ones may.
    func url(for path: String, query: String?) -> String {
        let version = vendor == .anthropic && !baseURL.hasSuffix("/v1") ? "/v1" : ""
        return baseURL + version + path + (query.map { "?" + $0 } ?? "")
    }

    /// Takes the credential out of a text that is to be kept: some upstreams repeat it in their errors.
    func redacting(_ body: [UInt8]) -> [UInt8] {
        guard let apiKey, !apiKey.isEmpty, body.count >= apiKey.utf8.count else { return body }
        let secret = Array(apiKey.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < body.count {
            if body[index] == secret[0], body[index...].starts(with: secret) {
                result += "[redacted]".utf8
                index += secret.count
            } else {
                result.append(body[index])
                index += 1
            }
        }
        return result
    }
}

/// What a client of a provider's API needs to call through the proxy: an address, a key and headers.
///
/// Provider keys stay with the proxy; the client's own key is the WhyOps key.
public struct ProxyConfiguration: Sendable {
    /// Whose API a client speaks.
    public struct Vendor: Sendable, Hashable {
        fileprivate enum API { case openAI, anthropic }
        fileprivate let api: API

        /// Chat completions, responses and embeddings.
        public static var openAI: Vendor { Vendor(api: .openAI) }
        /// Messages.
        public static var anthropic: Vendor { Vendor(api: .anthropic) }
    }

    /// The client's base address: with `/v1` for OpenAI's clients, without for Anthropic's, as they have it themselves.
    public let baseURL: String
    /// The client's key.
    public let apiKey: String
    /// All headers that every request has, the key among them.
    public let headers: [(name: String, value: String)]

    /// The same headers by name.
    public var headerFields: [String: String] {
        Dictionary(headers.map { ($0.name, $0.value) }) { first, _ in first }
    }
}

extension ProxyConfiguration: CustomStringConvertible, CustomReflectable {
    /// The address; never the key.
    public var description: String { "ProxyConfiguration(\(baseURL))" }
    /// The address; never the key.
    public var customMirror: Mirror { Mirror(self, children: ["baseURL": baseURL]) }
}

extension AgentClient {
    /// How a client of a provider's API calls through the proxy.
    ///
    /// - Parameters:
    ///   - vendor: Whose API the client speaks.
    ///   - traceId: The trace that its calls are on; else the proxy finds it out for each call.
    ///   - externalUserId: Whose session it is.
    public func proxyConfiguration(
        for vendor: ProxyConfiguration.Vendor,
        traceId: String? = nil,
        externalUserId: String? = nil
    ) -> ProxyConfiguration {
        let user = externalUserId ?? courier.options.externalUserId
        var headers = [
            vendor == .openAI
                ? (name: "Authorization", value: "Bearer \(apiKey.text)") : (name: "x-api-key", value: apiKey.text)
        ]
        for (name, value) in [("X-Agent-Name", agentName), ("X-Trace-ID", traceId), ("X-External-User-Id", user)] {
            guard let value = value?.nonEmpty, value.isHeaderValue else { continue }
            headers.append((name: name, value: value))
        }
        return ProxyConfiguration(
            baseURL: vendor == .openAI ? endpoints.proxy + "/v1" : endpoints.proxy,
            apiKey: apiKey.text,
            headers: headers
        )
    }
}

extension String {
    /// Whether a header can carry the text: a line break in a name would be a header of its own.
    fileprivate var isHeaderValue: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}

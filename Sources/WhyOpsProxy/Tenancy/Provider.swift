package import WhyOps
package import WhyOpsStore

/// An upstream and how to be let in.
package struct Provider: Sendable {
    package let vendor: Vendor
    /// The name that events give, and models may be prefixed with.
    package let name: String
    /// The address without a slash at its end.
    package let baseURL: String
    /// The credential; `nil` sends none, as local model servers want.
    package let apiKey: String?
    private let secret: Credential?
    /// Whether it is another WhyOps, which goes on with our trace (PRX-44).
    package let isWhyOps: Bool
    /// Whether it was chosen for the requests that name none.
    let isDefault: Bool
    /// Why it cannot be used, for the person who set it.
    package let fault: String?
    /// Where its connections may end.
    package let reach: UpstreamReach
    /// The environment that has set it; `nil` for the operator.
    let owner: EnvironmentName?

    /// A provider of the operator's own settings.
    package init(vendor: Vendor, name: String, baseURL: String, apiKey: String?) {
        self.vendor = vendor
        self.name = name
        self.apiKey = apiKey
        secret = Credential(apiKey)
        self.baseURL = Self.trimmed(baseURL)
        isWhyOps = false
        isDefault = false
        fault = nil
        reach = .anywhere
        owner = nil
    }

    /// A provider of the store.
    ///
    package init(_ stored: StoredProvider, policy: UpstreamPolicy, variables: CredentialVariables) {
        let record = stored.record
        vendor = record.vendor
        name = record.slug
        baseURL = Self.trimmed(record.baseURL)
        isWhyOps = record.isWhyOps
        isDefault = record.isDefault
        owner = stored.environment
        var fault: String?
        if let address = UpstreamAddress(record.baseURL) {
            fault = policy.fault(in: address).map { "its address \($0)" }
            reach = policy.reach(of: address)
        } else {
            reach = .internet
            fault = "its address is not one of http or https"
        }
        switch record.credential {
        case .none: apiKey = nil
        case .sealed:
            apiKey = stored.secret
            if stored.secret == nil {
                fault = fault ?? "its credential \(Self.sealing(record)) the WHYOPS_ENCRYPTION_KEY here"
            }
        case .variable(let name):
            apiKey = variables.credential(name, for: stored.environment)
            if apiKey == nil {
                let reason =
                    variables.isGranted(name, to: stored.environment)
                    ? "is not set" : "is not granted to its environment (--credential-variables)"
                fault = fault ?? "the variable \(name), which has its credential, \(reason)"
            }
        }
        self.fault = fault
        secret = Credential(apiKey)
    }

    private static func sealing(_ record: ProviderRecord) -> String {
        record.sealedBy.map { "was sealed with the encryption key \($0), which is not" } ?? "does not open with"
    }

    private static func trimmed(_ baseURL: String) -> String {
        var address = baseURL[...]
        while address.hasSuffix("/") { address = address.dropLast() }
        return String(address)
    }

    /// The provider, if it can be used.
    func usable() throws(ProxyError) -> Provider {
        guard let fault else { return self }
        throw ProxyError(
            status: 400,
            code: "provider_unusable",
            message: "The provider '\(name)' cannot be used: \(fault)."
        )
    }

    /// The address of a path below the API's version. OpenAI base addresses name the version themselves;
    /// Anthropic ones may.
    package func url(for path: String, query: String?) -> String {
        let version = vendor == .anthropic && !baseURL.hasSuffix("/v1") ? "/v1" : ""
        return baseURL + version + path + (query.map { "?" + $0 } ?? "")
    }

    /// The header that lets in; `nil` where there is no credential.
    package var credentialHeader: (name: String, value: String)? {
        guard let apiKey else { return nil }
        return vendor == .openai || isWhyOps ? ("authorization", "Bearer \(apiKey)") : ("x-api-key", apiKey)
    }

    /// What an upstream said, as it may be kept: some repeat the credential.
    func redacting(_ text: [UInt8], isError: Bool = true) -> [UInt8] {
        secret?.redacted(text, isError: isError) ?? text
    }

    /// An event of a reply, as it may be kept (PRX-171).
    func redacting(_ event: Event) -> Event {
        guard secret != nil else { return event }
        var event = event
        let isError = event.eventType == .error
        event.content = event.content.map { redacting($0, isError: isError) }
        event.metadata = event.metadata.map { redacting($0, isError: isError) }
        return event
    }

    /// Whether an upstream repeats the credential in a header.
    func isRepeated(in value: String) -> Bool { secret?.occurs(in: value) ?? false }

    /// What an upstream said to be wrong, as the client may have it (PRX-171).
    ///
    /// - Parameter encoded: what reads it where it is encoded; such a body goes as it came.
    func masking(_ body: [UInt8], _ encoded: EncodedReply?) -> [UInt8] {
        encoded == nil ? masking(body) : body
    }

    func masking(_ text: [UInt8]) -> [UInt8] { secret?.masked(text) ?? text }

    /// A part of a stream that tells an error.
    ///
    /// - Parameter held: what may be the beginning of the credential, and goes before the next part.
    func masking(_ text: [UInt8], holding held: inout [UInt8]) -> [UInt8] {
        secret?.masked(text, holding: &held) ?? text
    }

    /// What was held of a stream that has ended.
    func masking(rest held: [UInt8]) -> [UInt8] { secret?.masked(rest: held) ?? held }

    /// Whether its errors have to be read before a client gets them.
    var mayRepeatItsCredential: Bool { secret != nil }
}

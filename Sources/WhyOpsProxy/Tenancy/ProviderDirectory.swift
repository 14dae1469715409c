import WhyOps
import WhyOpsStore

/// The providers of each environment, and which of them a request goes to (PRX-40 to PRX-43).
final class ProviderDirectory: Sendable {
    private let answers: RecentAnswers<String, ProviderSet>

    /// - Parameters:
    ///   - home: the environment that the operator's variables are for, and the providers that they give.
    ///   - variables: where credentials may be that are not in the store.
    init(
        store: any Store,
        home: (environmentID: String?, providers: [Vendor: Provider]),
        upstreamPolicy: UpstreamPolicy,
        variables: CredentialVariables,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        answers = RecentAnswers(capacity: 10_000, now: now) { environmentID in
            let stored = try await store.providers(environmentID: environmentID)
            return ProviderSet(
                stored: stored.map { Provider($0, policy: upstreamPolicy, variables: variables) },
                standard: environmentID == home.environmentID ? home.providers : [:]
            )
        }
    }

    /// The providers of an environment, where they are known at once.
    func known(_ tenant: Tenant) -> ProviderSet? { answers.known(tenant.environmentID) }

    /// The providers of an environment.
    func providers(of tenant: Tenant) async throws -> ProviderSet {
        try await answers.value(tenant.environmentID)
    }
}

/// The providers of one environment.
struct ProviderSet: Sendable {
    /// Those of the store, by slug.
    private let bySlug: [String: Provider]
    private let defaults: [Vendor: Provider]

    /// - Parameters:
    ///   - stored: those of the store.
    ///   - standard: those that the operator's variables give.
    init(stored: [Provider], standard: [Vendor: Provider]) {
        bySlug = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
        var defaults = standard
        for vendor in Vendor.allCases {
            let mine = stored.filter { $0.vendor == vendor }
            if let chosen = mine.first(where: \.isDefault) {
                defaults[vendor] = chosen
            } else if defaults[vendor] == nil, mine.count == 1 {
                defaults[vendor] = mine[0]
            }
        }
        self.defaults = defaults
    }

    /// A provider, and whether the model's prefix named it and is to be cut.
    struct Route: Sendable {
        let provider: Provider
        let cutsModelPrefix: Bool
    }

    /// The provider of a request.
    ///
    /// - Parameter vendor: whose API the request speaks.
    /// - Throws: `ProxyError` where there is none, or none that can be used.
    func route(_ prefix: ModelPrefix?, vendor: Vendor) throws(ProxyError) -> Route {
        if let prefix, let provider = bySlug[prefix.name] {
            guard provider.vendor == vendor || provider.isWhyOps else {
                throw ProxyError(
                    status: 400,
                    code: "provider_mismatch",
                    message: "The provider '\(provider.name)' speaks the API of \(provider.vendor.rawValue), but this "
                        + "request that of \(vendor.rawValue)."
                )
            }
            return Route(provider: try provider.usable(), cutsModelPrefix: true)
        }
        // An unknown prefix is part of the model's name, as aggregators and model hubs have them.
        guard let provider = defaults[vendor] else { throw missing(vendor) }
        return Route(provider: try provider.usable(), cutsModelPrefix: false)
    }

    private func missing(_ vendor: Vendor) -> ProxyError {
        let name = vendor.rawValue.uppercased()
        let candidates = bySlug.values.filter { $0.vendor == vendor }.map(\.name).sorted()
        let message =
            candidates.isEmpty
            ? "No provider is configured for \(vendor.rawValue): set \(name)_API_KEY, and WHYOPS_\(name)_BASE_URL for "
                + "another address than the vendor's own, or add one with 'whyops providers add'."
            : "Several providers of this environment speak the API of \(vendor.rawValue), and none is the default: name "
                + "one in the model (\(candidates.map { "\($0)/MODEL" }.joined(separator: ", "))), or choose with "
                + "'whyops providers default SLUG'."
        return ProxyError(status: 400, code: "provider_missing", message: message)
    }
}

package import WhyOps
package import WhyOpsEdge
package import WhyOpsStore

/// Where the proxy listens, whom it forwards to, and how much it takes.
package struct ProxyConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 takes any free port.
    package var port = 8080
    /// The upstream of each vendor that the operator's variables name, for the home environment.
    package var providers: [Vendor: Provider] = [:]
    /// Where the providers of the store may lead.
    package var upstreamPolicy = UpstreamPolicy()
    /// The variables of this process that providers of the store may refer to.
    package var variables = CredentialVariables()
    /// The agent of requests without `X-Agent-Name`.
    package var defaultAgent: String?
    /// The largest request body that is read, in bytes.
    package var maximumBodyBytes = 32 * 1024 * 1024
    /// The largest reply that is read whole, in bytes; a larger one is an upstream fault.
    package var maximumReplyBytes = 64 * 1024 * 1024
    /// The bytes of bodies that are held in memory at once: of requests until they are sent on, of replies that are read
    /// whole until they are passed on; and as many again of what is captured of streams.
    package var maximumHeldBytes = 128 * 1024 * 1024
    package var timeouts = UpstreamTimeouts()
    package var clientTimeouts = ClientTimeouts()
    /// The most connections of clients that are served at once.
    package var maximumConnections = 10_000
    /// The most exchanges that are under way at once, of all keys and of one.
    package var maximumExchanges = 8_000
    package var maximumExchangesPerKey = 4_000
    /// How long a client waits for the registration of an agent.
    package var registrationLimit = Duration.seconds(10)
    /// The most requests a minute of a key without a limit of its own; `nil` for any number.
    package var requestsPerMinute: Int?
    /// The most keys a minute that let nobody in, from one address; 0 for any number.
    package var failedKeysPerMinute = 100
    /// The web pages that may read replies; none unless set.
    package var crossOrigin: CrossOriginPolicy?
    /// A file of certificates in PEM form that upstreams may be certified by, beside those that the system trusts.
    package var upstreamCertificates: String?
    /// The signature that replies get.
    package var signature = SignatureChoice.v2
    /// The environment that the operator's own signing keys and providers are for.
    package var homeEnvironmentID: String?
    /// Keys of the operator's own: the first one signs, and with those of the store they all verify (PRX-30).
    package var signingKeys: [SigningKey] = []
    package var signaturePolicy = SignaturePolicy.careful
    /// Whether version 1 signatures in a history decide about its trace.
    package var acceptsV1 = true
    /// The most ids of replies that are remembered for stitching.
    package var maximumEchoLinks = 200_000
    /// How long a request waits, in seconds, for what the store knows of its trace (TRC-6, TRC-41).
    package var stitchTimeout = 0.02
    /// Where events wait for the store; `nil` keeps them in memory.
    package var spool: SpoolConfiguration?
    /// The listener's certificate (chain) and key, files in PEM form; without them it speaks plain HTTP.
    package var certificate: (chain: String, key: String)?

    package init() {}

    /// How many files and connections may be open at once (PRX-121): clients and those that are told that they are too
    /// many, an upstream for each exchange and those that are kept for the next one; the rest is for the store, the
    /// spool, ingest and the operator's listener.
    package var neededFiles: Int {
        ConnectionCount.most(of: maximumConnections) + maximumExchanges + UpstreamPool.maximumIdleInAll + 1024
    }
}

/// How long a client may take, in seconds (PRX-59, PRX-114).
package struct ClientTimeouts: Sendable, Hashable {
    /// That it says nothing where it is its turn.
    package var silence = 75.0
    /// That it takes nothing of its reply.
    package var taking = 600.0

    package init() {}
}

/// How long an upstream may take, in seconds.
package struct UpstreamTimeouts: Sendable, Hashable {
    /// Until a connection is made.
    package var connect = 10.0
    /// Until the head of the reply.
    package var firstByte = 600.0
    /// Between two reads of a reply.
    package var idle = 600.0
    /// Until the end of the reply; `nil` for ever.
    package var total: Double?

    package init() {}
}

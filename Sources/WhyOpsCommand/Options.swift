package import ArgumentParser

/// Settings of every command that opens the store.
package struct CommonOptions: ParsableArguments {
    @Option(
        help:
            "Where events, traces, agents and keys are kept. sqlite:PATH or postgres://USER@HOST/DATABASE. [default: sqlite:whyops.sqlite]"
    )
    package var store: String?

    @Option(
        help: """
            trace, debug, info, notice, warning, error or critical: requests that failed are told from notice on, those \
            that went well from info on. [default: notice]
            """
    )
    package var logLevel: String?

    @Option(help: "Lines of the log on standard error: text or json. [default: text]")
    package var logFormat: String?

    @Option(
        help: "A JSON file with the names of these flags as members. [variable: WHYOPS_CONFIG]",
        completion: .file()
    )
    package var config: String?

    package init() {}
}

/// Settings of every service.
package struct ServiceOptions: ParsableArguments {
    @Option(help: "Address to listen on. [default: 127.0.0.1]")
    package var host: String?

    @Option(
        help: """
            Seconds that a service which is stopped may take; open requests get all of it but a fifth, and but 5 seconds \
            at most. [default: 30]
            """
    )
    package var shutdownTimeout: Double?

    @Option(help: "Agents that an environment may have with one that is registered. [default: any number]")
    package var maxAgents: Int?

    @Option(help: "New traces of one version of an agent in 24 hours; further ones are not kept. [default: any number]")
    package var maxTracesPerVersion: Int?

    package init() {}
}

/// Where the providers of the store may lead.
package struct UpstreamPolicyOptions: ParsableArguments {
    @Option(
        help: """
            Hosts that providers of the store may have although they are private or without TLS, separated by commas: \
            names, addresses, or 'loopback', each with or without :PORT. [default: none]
            """
    )
    package var allowPrivateUpstreams: String?

    @Option(
        help: """
            Variables that providers of the store may have their credentials in, beside those of the project 'default' in \
            PRODUCTION, which may have any: NAME=PROJECT, NAME=PROJECT/ENVIRONMENT or NAME=*, separated by commas. \
            [default: none]
            """
    )
    package var credentialVariables: String?

    package init() {}
}

/// Whom upstreams may be certified by.
package struct UpstreamTrustOptions: ParsableArguments {
    @Option(
        name: .customLong("upstream-ca"),
        help: "File of certificates (PEM) that upstreams may be certified by, beside those of the system.",
        completion: .file()
    )
    package var upstreamCA: String?

    package init() {}
}

/// Settings of whatever clients connect to: the listeners of proxy and ingest.
package struct EdgeOptions: ParsableArguments {
    @Option(
        help: """
            Wrong keys that one address may send in a minute; those beyond it get 429. Behind a proxy that hides its \
            clients' addresses they all count for one; 0 is for any number. [default: 100]
            """
    )
    package var failedKeys: Int?

    @Option(
        help: """
            File with the listeners' certificate and those above it (PEM): proxy and ingest then speak HTTPS. It is read \
            again when it changes and at SIGHUP. [default: none]
            """
    )
    package var tlsCertificate: String?

    @Option(help: "File with the private key of that certificate (PEM).", completion: .file())
    package var tlsKey: String?

    @Option(
        help: """
            Origin of web pages that may call proxy and ingest, as https://host, or * for all; may be given several \
            times, in the variable and the file separated by commas. [default: none]
            """
    )
    package var corsOrigin: [String] = []

    package init() {}
}

/// Settings of the proxy.
package struct ProxyOptions: ParsableArguments {
    @Option(help: "Port of the proxy; 0 takes any free one. [default: 8080]")
    package var proxyPort: Int?

    @OptionGroup package var upstreams: UpstreamPolicyOptions

    @OptionGroup package var trust: UpstreamTrustOptions

    @Option(help: "Agent of requests that come without X-Agent-Name.")
    package var defaultAgent: String?

    @Option(help: "Largest request body in bytes. [default: 33554432]")
    package var maxBodyBytes: Int?

    @Option(help: "Requests a minute of a key that has no limit of its own. [default: any number]")
    package var requestsPerMinute: Int?

    @Option(help: "Most connections of clients; those beyond it get 503. [default: 10000]")
    package var maxConnections: Int?

    @Option(help: "Most requests that are under way at once; those beyond it get 503. [default: 8000]")
    package var maxExchanges: Int?

    @Option(help: "The same for one key; those beyond it get 429. [default: 4000]")
    package var maxExchangesPerKey: Int?

    @Option(
        help: """
            Bytes of bodies in memory at once: of requests until they are sent on, beyond which they get 503, and of replies that \
            are read whole. As many again of what open streams have said. [default: 134217728]
            """
    )
    package var maxHeldBytes: Int?

    @Option(help: "Seconds that a client may say nothing where it is its turn, before it is cut off. [default: 75]")
    package var clientIdleTimeout: Double?

    @Option(help: "Seconds that a client may take nothing of its reply. [default: 600]")
    package var clientReplyTimeout: Double?

    @Option(help: "Seconds until a connection to an upstream is made. [default: 10]")
    package var upstreamConnectTimeout: Double?

    @Option(help: "Seconds until an upstream's reply begins. [default: 600]")
    package var upstreamFirstByteTimeout: Double?

    @Option(help: "Seconds between two reads of an upstream's reply. [default: 600]")
    package var upstreamIdleTimeout: Double?

    @Option(help: "Seconds that a request waits for what the store knows of its conversation. [default: 0.02]")
    package var stitchTimeout: Double?

    @Option(help: "Seconds until the end of an upstream's reply. [default: no limit]")
    package var upstreamTotalTimeout: Double?

    @Option(help: "Signature that replies get: v2, v1 or off. [default: v2]", completion: .list(["v2", "v1", "off"]))
    package var signature: String?

    @Option(
        help: "Texts that may carry it: careful, always or off. [default: careful]",
        completion: .list(["careful", "always", "off"])
    )
    package var signaturePolicy: String?

    @Option(name: .customLong("accept-v1"), help: "Whether v1 signatures in a history are believed. [default: true]")
    package var acceptV1: String?

    @Option(help: "Folder where events wait for the store, or off. [default: the store's path and .spool]")
    package var spool: String?

    @Option(
        help: "Most bytes that wait there; past them events are lost, and their traces say so. [default: 1073741824]"
    )
    package var spoolBytes: Int?

    @Option(
        name: .customLong("openai-base-url"),
        help: "Address of the OpenAI API. [default: OPENAI_BASE_URL, else https://api.openai.com/v1]"
    )
    package var openAIBaseURL: String?

    @Option(help: "Address of the Anthropic API. [default: ANTHROPIC_BASE_URL, else https://api.anthropic.com]")
    package var anthropicBaseURL: String?

    package init() {}
}

/// Settings of ingest.
package struct IngestOptions: ParsableArguments {
    @Option(help: "Port of ingest; 0 takes any free one. [default: 8081]")
    package var ingestPort: Int?

    @Option(help: "Largest body of events in bytes. [default: 10485760]")
    package var maxEventBytes: Int?

    @Option(help: "Requests a minute of a key to ingest; those beyond it get 429. [default: any number]")
    package var ingestRequestsPerMinute: Int?

    @Option(help: "File with prices of models, which come before the built-in ones (ING-60).", completion: .file())
    package var prices: String?

    @OptionGroup package var retention: RetentionOptions

    package init() {}
}

/// How much is kept of projects that do not say it themselves.
package struct RetentionOptions: ParsableArguments {
    @Option(
        help: """
            How long a trace is kept after its last event, as 30d, 12h or 90m; 'whyops projects retention' gives a project \
            its own. [default: for ever]
            """
    )
    package var retentionAge: String?

    @Option(
        help: """
            How much of each project's events is kept, as 10GB or 500MiB; the oldest traces go first. [default: everything]
            """
    )
    package var retentionSize: String?

    @Option(help: "Seconds between two looks for what is to be kept no longer. [default: 300]")
    package var retentionInterval: Double?

    package init() {}
}

/// Settings of the operator's own listener.
package struct AdminOptions: ParsableArguments {
    @Option(help: "Port of the operator's listener, /metrics and /health/ready; 0 takes any free one. [default: none]")
    package var adminPort: Int?

    @Option(
        help: "Address of the operator's listener; another than loopback needs WHYOPS_ADMIN_KEY. [default: 127.0.0.1]"
    )
    package var adminHost: String?

    package init() {}
}

/// What every help text ends with.
package let settingsDiscussion = """
    Every setting may also come from a variable, WHYOPS_ and the flag's name (--proxy-port is WHYOPS_PROXY_PORT), or \
    from a JSON file named by --config. A flag wins over a variable, a variable over the file.

    WHYOPS_API_KEY is the key that clients send; when it is unset and the store has none, one is made. OPENAI_API_KEY \
    and ANTHROPIC_API_KEY are the providers' credentials. WHYOPS_SIGNING_KEY=ID:BASE64 gives the key that signs \
    replies in the default environment instead of the store's own; give it a number that the store's keys do not have. \
    To change it, put the new one behind it (OLD,NEW) on every proxy first, and then before it (NEW,OLD). \
    WHYOPS_ENCRYPTION_KEY, 32 bytes as Base64, seals the secrets of the store; give it to every process that opens it. \
    To change it, start them with the new one and the old one as WHYOPS_OLD_ENCRYPTION_KEY, and run 'whyops keys reseal'. \
    WHYOPS_ADMIN_KEY is what the operator's listener asks for. No flag takes a secret.
    """

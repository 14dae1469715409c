/// Records what an agent does and sends it to a WhyOps service, from the background.
///
/// ```swift
/// let whyops = AgentClient(
///     apiKey: key,
///     agentName: "shop-agent",
///     agentMetadata: AgentMetadata(systemPrompt: "You help customers.")
/// )
/// let trace = whyops.trace("session-123")
/// await trace.userMessage([.user("Where is my order?")])
/// await whyops.shutdown()
/// ```
///
/// Nothing of it throws or waits for the network unless its name or its type says so.
public struct AgentClient: Sendable {
    /// The agent's name.
    public var agentName: String { courier.agentName }
    let courier: Courier
    let endpoints: Endpoints
    let apiKey: Secret

    /// A client for one agent.
    ///
    /// - Parameters:
    ///   - apiKey: The key of the environment in which everything is recorded.
    ///   - agentName: What the agent is called, 1 to 255 characters.
    ///   - agentMetadata: Its prompt and tools.
    ///   - proxyBaseURL: The proxy of a service of one's own, whose `analyseBaseURL` is given, too; else the hosted one.
    ///   - analyseBaseURL: The ingest service of one's own, `/api` included; else the hosted one.
    ///   - options: How events are collected, sent and reported.
    ///   - transport: What sends requests.
    public init(
        apiKey: String,
        agentName: String,
        agentMetadata: AgentMetadata,
        proxyBaseURL: String? = nil,
        analyseBaseURL: String? = nil,
        options: ClientOptions = ClientOptions(),
        transport: any ClientTransport = HTTPClientTransport()
    ) {
        self.init(
            apiKey: apiKey,
            agentName: agentName,
            agentMetadata: agentMetadata,
            proxyBaseURL: proxyBaseURL,
            analyseBaseURL: analyseBaseURL,
            options: options,
            transport: transport,
            surroundings: Surroundings()
        )
    }

    package init(
        apiKey: String,
        agentName: String,
        agentMetadata: AgentMetadata,
        proxyBaseURL: String?,
        analyseBaseURL: String?,
        options: ClientOptions,
        transport: any ClientTransport,
        surroundings: Surroundings
    ) {
        let key = Secret(text: apiKey)
        let endpoints = Endpoints(proxy: proxyBaseURL, analyse: analyseBaseURL, apiKey: key)
        let requester = Requester(
            transport: transport,
            apiKey: key,
            timeout: options.requestTimeout,
            policy: options.retry,
            surroundings: surroundings
        )
        self.apiKey = key
        self.endpoints = endpoints
        self.courier = Courier(
            agentName: agentName,
            options: options,
            surroundings: surroundings,
            endpoints: endpoints,
            requester: requester,
            registration: AgentRegistration(
                body: agentMetadata.registration(of: agentName),
                endpoints: endpoints,
                requester: requester
            )
        )
    }

    // MARK: Agent

    /// Registers the agent now, or gives what the service said when it was registered.
    ///
    /// Events do so by themselves before the first of them goes; they go on where it fails.
    ///
    /// - Throws: `ClientError` where no address takes the registration.
    @discardableResult
    public func initAgent() async throws(ClientError) -> AgentInfo {
        try await courier.registration.explicitly().get()
    }

    // MARK: Traces

    /// A trace of that name, whose methods record and go on at once.
    ///
    /// - Parameters:
    ///   - id: Your session's or conversation's id, 1 to 128 characters.
    ///   - externalUserId: Whose session it is.
    public func trace(_ id: String, externalUserId: String? = nil) -> AgentTrace<Never> {
        let courier = courier
        return AgentTrace(id: id, externalUserId: externalUserId, client: self) { event in
            courier.record(event, traceId: id, externalUserId: externalUserId)
        }
    }

    /// A trace of that name, whose methods wait until the service has the event, and throw where it does not get it.
    ///
    /// - Parameters:
    ///   - id: Your session's or conversation's id, 1 to 128 characters.
    ///   - externalUserId: Whose session it is.
    public func strictTrace(_ id: String, externalUserId: String? = nil) -> AgentTrace<ClientError> {
        let courier = courier
        return AgentTrace(id: id, externalUserId: externalUserId, client: self) { event throws(ClientError) in
            let receipt = OneShot<ClientError?>()
            courier.record(event, traceId: id, externalUserId: externalUserId, receipt: receipt)
            guard let answer = await receipt.wait() else {
                throw ClientError(.cancelled, "nobody waits for the event any more")
            }
            if let error = answer { throw error }
        }
    }

    // MARK: Delivery

    /// What became of the events so far.
    public var statistics: ClientStatistics { courier.statistics }

    /// Sends what waits now and says what became of it, after so long at the latest; what is left is sent later.
    ///
    /// In a task that is cancelled it returns at once.
    @discardableResult
    public func flush(timeout: Duration = .seconds(10)) async -> FlushResult {
        await courier.flush(timeout: timeout)
    }

    /// Takes no more events, sends what waits, and gives up what is left after so long, also in a task that is cancelled.
    @discardableResult
    public func shutdown(timeout: Duration = .seconds(10)) async -> FlushResult {
        let courier = courier
        // In a task of its own: every wait in one that is cancelled is over at once.
        return await Task { await courier.shutdown(timeout: timeout) }.value
    }
}

extension AgentClient: CustomStringConvertible, CustomReflectable {
    /// The agent and where its events go; never the key.
    public var description: String { "AgentClient(\(agentName), \(endpoints.analyse))" }
    /// The agent and where its events go; never the key.
    public var customMirror: Mirror {
        Mirror(self, children: ["agentName": agentName, "analyseBaseURL": endpoints.analyse])
    }
}

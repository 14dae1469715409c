/// One session or conversation, with a method for each kind of event.
///
/// ``AgentClient/trace(_:externalUserId:)`` gives one whose methods never throw and never wait for the network;
/// ``AgentClient/strictTrace(_:externalUserId:)`` one whose methods wait for the service and throw.
public struct AgentTrace<Failure: Error>: Sendable {
    /// The trace's id.
    public let id: String
    /// Whose session it is, where the trace says.
    public let externalUserId: String?
    let client: AgentClient
    private let deliver: @Sendable (AgentEvent) async throws(Failure) -> Void

    init(
        id: String,
        externalUserId: String?,
        client: AgentClient,
        deliver: @escaping @Sendable (AgentEvent) async throws(Failure) -> Void
    ) {
        self.id = id
        self.externalUserId = externalUserId
        self.client = client
        self.deliver = deliver
    }

    /// Records any event.
    public func send(_ event: AgentEvent) async throws(Failure) {
        try await deliver(event)
    }

    /// What a user, or the program in the user's place, asked.
    public func userMessage(
        _ messages: [AgentMessage],
        metadata: UserMessageMetadata? = nil,
        options: EventOptions = EventOptions()
    ) async throws(Failure) {
        try await deliver(.userMessage(messages, metadata: metadata, options: options))
    }

    /// What a model answered.
    public func llmResponse(
        model: String,
        provider: String,
        content: String? = nil,
        toolCalls: [ModelToolCall] = [],
        finishReason: String? = nil,
        usage: ModelUsage? = nil,
        latencyMs: Int? = nil,
        options: EventOptions = EventOptions()
    ) async throws(Failure) {
        try await deliver(
            .llmResponse(
                model: model,
                provider: provider,
                content: content,
                toolCalls: toolCalls,
                finishReason: finishReason,
                usage: usage,
                latencyMs: latencyMs,
                options: options
            )
        )
    }

    /// What a model thought before it answered; `signature` is the provider's.
    public func llmThinking(
        _ thinking: String,
        signature: String? = nil,
        options: EventOptions = EventOptions()
    ) async throws(Failure) {
        try await deliver(.llmThinking(thinking, signature: signature, options: options))
    }

    /// Texts that were sent to be embedded.
    public func embeddingRequest(
        _ inputs: [String],
        options: EventOptions = EventOptions()
    ) async throws(Failure) {
        try await deliver(.embeddingRequest(inputs, options: options))
    }

    /// A summary of the vectors that came back.
    public func embeddingResponse(
        model: String,
        provider: String,
        embeddingCount: Int,
        firstEmbeddingDimensions: Int,
        encodingFormat: EmbeddingEncoding = .float,
        totalTokens: Int? = nil,
        latencyMs: Int? = nil,
        options: EventOptions = EventOptions()
    ) async throws(Failure) {
        try await deliver(
            .embeddingResponse(
                model: model,
                provider: provider,
                embeddingCount: embeddingCount,
                firstEmbeddingDimensions: firstEmbeddingDimensions,
                encodingFormat: encodingFormat,
                totalTokens: totalTokens,
                latencyMs: latencyMs,
                options: options
            )
        )
    }

    /// The start of a tool's run.
    ///
    /// - Returns: The span's id, for the response: that of the options, else a new UUID.
    @discardableResult
    public func toolCallRequest(
        tool: String,
        toolCalls: [ToolCall],
        latencyMs: Int? = nil,
        requestedAt: EventTime? = nil,
        options: EventOptions = EventOptions()
    ) async throws(Failure) -> String {
        let spanId = options.spanId?.nonEmpty ?? client.courier.surroundings.id()
        var options = options
        options.spanId = spanId
        try await deliver(
            .toolCallRequest(
                tool: tool,
                toolCalls: toolCalls,
                latencyMs: latencyMs,
                requestedAt: requestedAt,
                options: options
            )
        )
        return spanId
    }

    /// The end of a tool's run, with its results.
    public func toolCallResponse(
        tool: String,
        spanId: String,
        toolCalls: [ToolCall],
        toolResults: JSONContent,
        latencyMs: Int? = nil,
        respondedAt: EventTime? = nil,
        options: EventOptions = EventOptions()
    ) async throws(Failure) {
        try await deliver(
            .toolCallResponse(
                tool: tool,
                spanId: spanId,
                toolCalls: toolCalls,
                toolResults: toolResults,
                latencyMs: latencyMs,
                respondedAt: respondedAt,
                options: options
            )
        )
    }

    /// A tool's output as it goes back to the model.
    public func toolResult(
        toolName: String,
        output: JSONContent,
        options: EventOptions = EventOptions()
    ) async throws(Failure) {
        try await deliver(.toolResult(toolName: toolName, output: output, options: options))
    }

    /// Something that went wrong.
    public func error(
        _ message: String,
        status: Int? = nil,
        stack: String? = nil,
        options: EventOptions = EventOptions()
    ) async throws(Failure) {
        try await deliver(.error(message, status: status, stack: stack, options: options))
    }

    /// How a client of a provider's API calls through the proxy, so that its calls are on this trace.
    public func proxyConfiguration(for vendor: ProxyConfiguration.Vendor) -> ProxyConfiguration {
        client.proxyConfiguration(for: vendor, traceId: id, externalUserId: externalUserId)
    }
}

extension AgentTrace where Failure == Never {
    /// Records any event, from code that cannot wait.
    public func record(_ event: AgentEvent) {
        client.courier.record(event, traceId: id, externalUserId: externalUserId)
    }
}

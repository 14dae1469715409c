/// Writes the events that one exchange leaves (EXC-50): what was asked, what was thought, what was answered.
///
/// What it writes with never changes, so that copies share it.
public final class ExchangeEvents: Sendable {
    /// How a reply ended.
    public enum Ending: String, Sendable {
        /// As the upstream ended it.
        case complete
        /// The client went while it came (EXC-53).
        case clientDisconnected = "client_disconnected"
        /// The upstream broke off while it came (EXC-53).
        case upstreamError = "upstream_error"
    }

    private let resolution: TraceResolution
    private let agentName: String
    private let externalUserID: String?
    private let spanID: String
    let provider: String
    /// What was said before the reply, and by whom.
    public let lineage: Lineage?
    let retry: RequestRetry?
    private let traceParent: TraceParent?
    /// The headers that should have named a trace and are not valid (TRC-3, TRC-48).
    public let ignoredHeaders: [TraceHeader]

    /// - Parameters:
    ///   - spanID: what ties the request and the reply of the exchange together.
    ///   - provider: the provider's name as events give it.
    ///   - lineage: of the request that is answered.
    ///   - retry: what is known of it as one that was sent before.
    ///   - traceParent: the value of the header by which the client's own tracing says where it belongs.
    public init(
        resolution: TraceResolution,
        agentName: String,
        externalUserID: String?,
        spanID: String,
        provider: String,
        lineage: Lineage? = nil,
        retry: RequestRetry? = nil,
        traceParent: String? = nil
    ) {
        self.resolution = resolution
        self.agentName = agentName
        self.externalUserID = externalUserID
        self.spanID = spanID
        self.provider = provider
        self.lineage = lineage
        self.retry = retry
        self.traceParent = traceParent.flatMap { TraceParent(headerValue: $0) }
        let isIgnored = traceParent != nil && self.traceParent == nil
        self.ignoredHeaders = isIgnored ? resolution.ignoredHeaders + [.traceParent] : resolution.ignoredHeaders
    }

    // MARK: What was asked

    /// The event of a request.
    ///
    /// - Parameter hiddenText: what is hidden in the request, where that is known; else it is looked for (EXC-84).
    public func request(_ reading: RequestReading, hiddenText: HiddenText? = nil, at timestamp: String) -> Event {
        let root = reading.document.root
        let parents = ReplyName.sought(reading.turns, lineage?.conversation)
        return event(
            reading.bringsToolResults ? .toolResult : .userMessage,
            "request",
            at: timestamp,
            parents: parents
        ) { content in
            let history = reading.format == .responses ? root["input"] : root["messages"]
            content.raw(history.map { reading.forwarded($0) } ?? Array("null".utf8))
        } metadata: { metadata in
            metadata.member("model", reading.model)
            metadata.member("provider", provider)
            switch reading.format {
            case .chat: chatParameters(root, reading, &metadata)
            case .messages: messagesParameters(root, reading, &metadata)
            case .responses: responsesParameters(root, reading, &metadata)
            }
            if reading.isStreaming { metadata.member("stream", true) }
            // EXC-84
            let hidden = hiddenText ?? reading.hiddenText
            if !hidden.isEmpty {
                metadata.name("hiddenText")
                hidden.write(to: &metadata)
            }
            // EXC-90
            reading.frames.write(to: &metadata)
            // EXC-71
            if let retry {
                metadata.name("retry")
                retry.write(to: &metadata)
            }
        }
    }

    private func chatParameters(_ root: JSONValue, _ reading: RequestReading, _ metadata: inout JSONWriter) {
        let system = root["messages"]?.items.first {
            $0["role"]?.isString("system") == true || $0["role"]?.isString("developer") == true
        }
        metadata.member("systemPrompt", raw: system?["content"].map { reading.forwarded($0) })
        metadata.member("tools", raw: root["tools"].map { reading.forwarded($0) })
        metadata.name("params")
        metadata.object { writer in
            writer.member("temperature", raw: root["temperature"]?.slice)
            // Clients that know both names leave one of them null.
            let limits = [root["max_tokens"], root["max_completion_tokens"]].compactMap { $0 }
            writer.member("maxTokens", raw: (limits.first { $0.kind != .null } ?? limits.first)?.slice)
            writer.member("topP", raw: root["top_p"]?.slice)
            writer.member("frequencyPenalty", raw: root["frequency_penalty"]?.slice)
            writer.member("presencePenalty", raw: root["presence_penalty"]?.slice)
            writer.member("reasoningEffort", raw: root["reasoning_effort"]?.slice)
        }
    }

    private func messagesParameters(_ root: JSONValue, _ reading: RequestReading, _ metadata: inout JSONWriter) {
        metadata.member("systemPrompt", raw: root["system"].map { reading.forwarded($0) })
        metadata.member("tools", raw: root["tools"].map { reading.forwarded($0) })
        metadata.member("temperature", raw: root["temperature"]?.slice)
        metadata.member("maxTokens", raw: root["max_tokens"]?.slice)
        metadata.member("topP", raw: root["top_p"]?.slice)
        metadata.member("topK", raw: root["top_k"]?.slice)
        metadata.member("stopSequences", raw: root["stop_sequences"]?.slice)
        metadata.member("toolChoice", raw: root["tool_choice"]?.slice)
        metadata.member("thinking", raw: root["thinking"]?.slice)
    }

    /// EXC-56
    private func responsesParameters(_ root: JSONValue, _ reading: RequestReading, _ metadata: inout JSONWriter) {
        metadata.member("systemPrompt", raw: root["instructions"].map { reading.forwarded($0) })
        metadata.member("tools", raw: root["tools"].map { reading.forwarded($0) })
        metadata.name("params")
        metadata.object { writer in
            writer.member("temperature", raw: root["temperature"]?.slice)
            writer.member("maxOutputTokens", raw: root["max_output_tokens"]?.slice)
            writer.member("topP", raw: root["top_p"]?.slice)
            writer.member("truncation", raw: root["truncation"]?.slice)
            writer.member("reasoning", raw: root["reasoning"]?.slice)
            writer.member("toolChoice", raw: root["tool_choice"]?.slice)
            writer.member("parallelToolCalls", raw: root["parallel_tool_calls"]?.slice)
            writer.member("previousResponseId", raw: root["previous_response_id"]?.slice)
        }
    }

    // MARK: What all have in common

    func event(
        _ type: EventType,
        _ part: String,
        at timestamp: String,
        names: [ReplyName] = [],
        parents: [ReplyName] = [],
        content writeContent: (inout JSONWriter) -> Void,
        metadata writeMetadata: (inout JSONWriter) -> Void
    ) -> Event {
        var content = JSONWriter()
        writeContent(&content)
        // As much as most need, so that it is allocated once.
        var metadata = JSONWriter(capacity: 1024)
        metadata.object { writer in
            writeMetadata(&writer)
            // TRC-7, TRC-10
            writer.name("stitch")
            writer.object { writer in
                writer.member("source", resolution.source.rawValue)
                if !resolution.links.isEmpty {
                    writer.name("links")
                    writer.array { writer in
                        for link in resolution.links { writer.string(link.text) }
                    }
                }
                // TRC-42, TRC-43
                for (name, list) in [("names", names), ("parents", parents)] where !list.isEmpty {
                    writer.name(name)
                    writer.array { writer in
                        for name in list { name.write(to: &writer) }
                    }
                }
                // TRC-47
                writer.member("traceparent", traceParent?.text)
                // TRC-33
                writer.member("branch", resolution.harness.branch)
                writer.member("parentBranch", resolution.harness.parentBranch)
                let ignored = resolution.ignoredHeaders.count
                if ignored > 0 { writer.member("ignoredHeaders", ignored) }
            }
        }
        return Event(
            eventType: type,
            traceId: resolution.id.text,
            agentName: agentName,
            spanId: spanID,
            timestamp: timestamp,
            content: content.bytes,
            metadata: metadata.bytes,
            // EXC-55
            idempotencyKey: "\(spanID).\(part)",
            externalUserId: externalUserID
        )
    }
}

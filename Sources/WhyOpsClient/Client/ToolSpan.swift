extension AgentTrace where Failure == Never {
    /// Runs a tool between its two events, which have a span of their own; gives and throws what the tool does.
    ///
    /// A tool that throws has a response with `{"error": ...}`, and an `error` event in its span; both hold the error's
    /// description.
    ///
    /// - Parameters:
    ///   - tool: The tool's name.
    ///   - arguments: What it is called with, an object.
    ///   - options: What both events say beside their content; its time stamp and keys are left out.
    ///   - result: What is recorded of the result.
    ///   - body: The tool; it is given the span's id.
    public func withToolSpan<Result, ToolFailure: Error>(
        _ tool: String,
        arguments: JSONContent = [:],
        options: EventOptions = EventOptions(),
        result: (Result) -> JSONContent,
        body: (_ spanId: String) async throws(ToolFailure) -> Result
    ) async throws(ToolFailure) -> Result {
        let surroundings = client.courier.surroundings
        let calls = [ToolCall(name: tool, arguments: arguments)]
        var options = EventOptions(spanId: options.spanId, externalUserId: options.externalUserId)
        let spanId = options.spanId?.nonEmpty ?? surroundings.id()
        options.spanId = spanId
        record(.toolCallRequest(tool: tool, toolCalls: calls, options: options))
        let start = surroundings.elapsed()
        func respond(_ results: JSONContent) {
            let milliseconds = (surroundings.elapsed() - start) / .milliseconds(1)
            record(
                .toolCallResponse(
                    tool: tool,
                    spanId: spanId,
                    toolCalls: calls,
                    toolResults: results,
                    latencyMs: Int(max(0, milliseconds)),
                    options: options
                )
            )
        }
        do {
            let value = try await body(spanId)
            respond(result(value))
            return value
        } catch {
            let message = "\(error)"
            respond(["error": JSONContent(message)])
            record(.error(message, options: options))
            throw error
        }
    }

    /// Runs a tool between its two events; its result is recorded as it is encoded, or as `null` where it cannot be.
    ///
    /// - Parameters:
    ///   - tool: The tool's name.
    ///   - arguments: What it is called with, an object.
    ///   - options: What both events say beside their content; its time stamp and keys are left out.
    ///   - body: The tool; it is given the span's id.
    public func withToolSpan<Result: Encodable, ToolFailure: Error>(
        _ tool: String,
        arguments: JSONContent = [:],
        options: EventOptions = EventOptions(),
        body: (_ spanId: String) async throws(ToolFailure) -> Result
    ) async throws(ToolFailure) -> Result {
        try await withToolSpan(
            tool,
            arguments: arguments,
            options: options,
            result: { (try? JSONContent(encoding: $0)) ?? .null },
            body: body
        )
    }
}

/// The events of what was answered.
extension ExchangeEvents {
    /// The events of a reply: thinking first, then the reply, then the error that it ended with.
    ///
    /// - Parameters:
    ///   - latency: milliseconds from sending the request to the end of the reply.
    ///   - firstToken: milliseconds to the first that a model made in a stream (EXC-70).
    public func reply(
        _ capture: ReplyCapture,
        model requestedModel: String?,
        ending: Ending,
        latency: Int,
        firstToken: Int?,
        at timestamp: String
    ) -> [Event] {
        // A stored prompt names the model, and only the reply tells which.
        let model = requestedModel ?? capture.model.map { String(decoding: $0, as: UTF8.self) }
        let names = lineage.map { ReplyName.names(of: capture, after: $0) } ?? []
        var events = capture.thinking.enumerated().map { thinking($1, number: $0, model: model, at: timestamp) }
        events.append(
            event(.llmResponse, "reply", at: timestamp, names: names) { content in
                content.object { writer in
                    let first = capture.choices.first
                    write(first, ending: ending, to: &writer)
                    if capture.choices.count > 1 {
                        writer.name("choices")
                        writer.array { writer in
                            for choice in capture.choices {
                                writer.object {
                                    $0.member("index", choice.index)
                                    write(choice, ending: ending, to: &$0)
                                }
                            }
                        }
                    }
                }
            } metadata: { metadata in
                metadata.member("model", model)
                metadata.member("provider", provider)
                metadata.member("responseModel", capture.model.map { String(decoding: $0, as: UTF8.self) })
                metadata.member("responseId", capture.id.map { String(decoding: $0, as: UTF8.self) })
                if !capture.usage.isEmpty {
                    metadata.name("usage")
                    capture.usage.write(to: &metadata)
                }
                metadata.member("latencyMs", latency)
                metadata.member("timeToFirstTokenMs", firstToken)
                if !capture.isComplete { metadata.member("captureTruncated", true) }
                metadata.member("contentEncoding", capture.unreadEncoding)
            }
        )
        if let error = capture.error {
            events.append(
                self.error(
                    message: "The reply ended with an error.",
                    status: nil,
                    body: error,
                    model: model,
                    latency: latency,
                    at: timestamp
                )
            )
        }
        return events
    }

    private func write(_ choice: ReplyCapture.Choice?, ending: Ending, to writer: inout JSONWriter) {
        if let text = choice?.said {
            writer.name("content")
            writer.string(utf8: InvisibleSignature.strip(text))
        }
        if let calls = choice?.toolCalls, !calls.isEmpty {
            writer.name("toolCalls")
            writer.array { writer in
                for call in calls { write(call, to: &writer) }
            }
        }
        // EXC-53: a choice that was finished is whole, whatever came after.
        if let reason = choice?.finishReason {
            writer.name("finishReason")
            // EXC-74
            let hidesRefusal = choice?.hasRefused == true && reason == Array("stop".utf8)
            writer.string(utf8: hidesRefusal ? Array("refusal".utf8) : reason)
        } else if ending != .complete {
            writer.member("finishReason", ending.rawValue)
        }
        if let choice, choice.hasRefused, let refusal = choice.refusal {
            writer.name("refusal")
            writer.string(utf8: refusal)
        }
        if let annotations = choice?.annotations, !annotations.isEmpty {
            writer.name("annotations")
            writer.array { writer in
                for annotation in annotations { writer.raw(annotation) }
            }
        }
    }

    private func write(_ call: ReplyCapture.ToolCall, to writer: inout JSONWriter) {
        writer.object { writer in
            if let id = call.id {
                writer.name("id")
                writer.string(utf8: id)
            }
            writer.name("type")
            writer.string(utf8: call.type ?? Array("function".utf8))
            writer.name("function")
            writer.object { writer in
                writer.name("name")
                writer.string(utf8: call.name)
                writer.name("arguments")
                writer.string(utf8: InvisibleSignature.strip(call.arguments))
            }
        }
    }

    private func thinking(
        _ block: ReplyCapture.Thinking,
        number: Int,
        model: String?,
        at timestamp: String
    ) -> Event {
        event(.llmThinking, "thinking.\(number)", at: timestamp) { content in
            content.object { writer in
                writer.member("type", block.isRedacted ? "redacted_thinking" : "thinking")
                if !block.isRedacted {
                    writer.name("thinking")
                    writer.string(utf8: block.text)
                }
                guard !block.seal.isEmpty else { return }
                writer.name(block.isRedacted ? "data" : "signature")
                writer.string(utf8: block.seal)
            }
        } metadata: { metadata in
            metadata.member("model", model)
            metadata.member("provider", provider)
        }
    }

    /// The event of a request that failed.
    ///
    /// - Parameters:
    ///   - status: the status that the client got.
    ///   - body: what the upstream answered: JSON is kept as it is, anything else as text.
    public func error(
        message: String,
        status: Int?,
        body: [UInt8]?,
        model: String?,
        latency: Int,
        at timestamp: String
    ) -> Event {
        event(.error, status == nil ? "stream-error" : "error", at: timestamp) { content in
            content.object { writer in
                writer.member("message", message)
                writer.member("status", status)
                guard let body, !body.isEmpty else { return }
                writer.name("error")
                if (try? JSONTape(scanning: body.span)) != nil {
                    writer.raw(body)
                } else {
                    writer.string(String(decoding: body, as: UTF8.self))
                }
            }
        } metadata: { metadata in
            metadata.member("model", model)
            metadata.member("provider", provider)
            metadata.member("latencyMs", latency)
        }
    }
}

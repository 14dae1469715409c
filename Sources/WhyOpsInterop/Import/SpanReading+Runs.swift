import WhyOps

// Runs of tools and of embedding models.

extension SpanReading {
    // MARK: Tools

    private var toolName: String {
        let name = attributes.text("gen_ai.tool.name", "tool.name", "traceloop.entity.name") ?? foreign.span.name
        return name.isEmpty ? "unknown" : name
    }

    private var arguments: String? {
        attributes.text("gen_ai.tool.call.arguments", "tool.parameters") ?? EventMessages(foreign.span.events).arguments
            ?? attributes.text("input.value", "traceloop.entity.input")
    }

    private var result: String? {
        attributes.text("gen_ai.tool.call.result") ?? EventMessages(foreign.span.events).result
            ?? attributes.text("output.value", "traceloop.entity.output")
    }

    var toolRecords: [EventRecord] {
        var records = [EventRecord(.toolCallRequest)]
        if result != nil || foreign.span.status != .error { records.append(EventRecord(.toolCallResponse)) }
        if foreign.span.status == .error { records.append(EventRecord(.error)) }
        return records
    }

    func tool(_ record: EventRecord) -> Said {
        if record.eventType == .error { return failure(record) }
        var content = JSONWriter()
        content.object { writer in
            writer.name("toolCalls")
            writer.array { writer in
                writer.object { writer in
                    writer.member("id", attributes.text("gen_ai.tool.call.id", "tool_call.id"))
                    writer.member("name", toolName)
                    guard let arguments else { return }
                    writer.name("arguments")
                    writer.structure(arguments)
                }
            }
            // The tool's own times, where the events have others.
            if record.eventType == .toolCallRequest { return writer.time("requestedAt", foreign.span.start, record) }
            writer.name("toolResults")
            if let result { writer.structure(result) } else { writer.null() }
            writer.time("respondedAt", foreign.span.end, record)
        }
        var metadata = JSONWriter()
        metadata.object { writer in
            writer.member("tool", toolName)
            if record.eventType != .toolCallRequest { writer.member("latencyMs", latency) }
            writer.stitch(record.source)
        }
        return Said(content: content.bytes, metadata: metadata.bytes)
    }

    // MARK: Embeddings

    private var inputs: String? {
        if let text = attributes.text("whyops.embedding.inputs") { return text }
        var texts = attributes.items("embedding.embeddings").compactMap { $0.text("embedding.text") }
        if texts.isEmpty { texts = attributes.items("gen_ai.prompt").compactMap { $0.text("content") } }
        let all = texts.isEmpty ? [attributes.text("input.value")].compactMap(\.self) : texts
        guard !all.isEmpty else { return nil }
        return JSONWriter.text { writer in
            writer.array { writer in
                for text in all { writer.string(text) }
            }
        }
    }

    var embeddingRecords: [EventRecord] {
        var records = inputs == nil ? [] : [EventRecord(.embeddingRequest)]
        records.append(EventRecord(foreign.span.status == .error ? .error : .embeddingResponse))
        return records
    }

    func embedding(_ record: EventRecord) -> Said {
        if record.eventType == .error { return failure(record) }
        let isRequest = record.eventType == .embeddingRequest
        let value = JSONDocument.value(inputs)
        var content = JSONWriter()
        content.object { writer in
            if isRequest { return writer.member("input", raw: value?.slice) }
            let listed = value?.kind == .array ? value?.children.count : nil
            writer.member("object", "list")
            writer.member("embeddingCount", attributes.count("whyops.embedding.count") ?? listed)
            writer.member("firstEmbeddingDimensions", attributes.count("gen_ai.embeddings.dimension.count"))
            if case .array(let formats) = attributes["gen_ai.request.encoding_formats"] {
                writer.member("encodingFormat", formats.first?.text)
            }
        }
        var metadata = JSONWriter()
        metadata.object { writer in
            writer.member("model", attributes.model ?? "unknown")
            writer.member("provider", attributes.provider ?? "unknown")
            writer.stitch(record.source)
            guard !isRequest else { return }
            if let tokens = attributes.inputTokens {
                writer.name("usage")
                writer.object { writer in
                    writer.member("promptTokens", tokens)
                    writer.member("totalTokens", tokens)
                }
            }
            writer.member("responseModel", attributes.text("gen_ai.response.model"))
            writer.member("latencyMs", latency)
        }
        return Said(content: content.bytes, metadata: metadata.bytes)
    }
}

extension JSONWriter {
    /// Writes a moment of a span, unless it is that of the event.
    fileprivate mutating func time(_ name: String, _ nanoseconds: UInt64, _ record: EventRecord) {
        let text = Timestamp(milliseconds: Int64(clamping: nanoseconds / 1_000_000)).text
        if let own = record.timestamp, own != text { member(name, text) }
    }
}

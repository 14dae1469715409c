// The events of an exchange about embeddings (EXC-81, EXC-83).

extension ExchangeEvents {
    /// The event of a request for embeddings.
    public func request(_ request: EmbeddingRequest, at timestamp: String) -> Event {
        event(.embeddingRequest, "request", at: timestamp) { content in
            content.object { $0.member("input", raw: request.member("input")) }
        } metadata: { metadata in
            metadata.member("model", request.model)
            metadata.member("provider", provider)
            metadata.name("params")
            metadata.object { writer in
                writer.member("dimensions", raw: request.member("dimensions"))
                writer.member("encodingFormat", raw: request.member("encoding_format"))
                writer.member("user", raw: request.member("user"))
            }
            // EXC-90
            request.frames.write(to: &metadata)
            // EXC-71
            if let retry {
                metadata.name("retry")
                retry.write(to: &metadata)
            }
        }
    }

    /// The event of a reply of embeddings.
    ///
    /// - Parameters:
    ///   - reply: what came of it; `nil` where it could not be read.
    ///   - unreadEncoding: what it is in, where that could not be read (PRX-204).
    ///   - latency: milliseconds from sending the request to the end of the reply.
    public func reply(
        _ reply: EmbeddingReply?,
        unreadEncoding: String? = nil,
        to request: EmbeddingRequest,
        ending: Ending,
        latency: Int,
        at timestamp: String
    ) -> Event {
        event(.embeddingResponse, "reply", at: timestamp) { content in
            content.object { writer in
                writer.member("object", reply?.type)
                writer.member("embeddingCount", reply?.count)
                writer.member("firstEmbeddingDimensions", reply?.dimensions)
                writer.member("encodingFormat", reply?.encodingFormat)
                if ending != .complete { writer.member("finishReason", ending.rawValue) }
            }
        } metadata: { metadata in
            metadata.member("model", request.model)
            metadata.member("provider", provider)
            metadata.member("responseModel", reply?.responseModel)
            if let usage = reply?.usage, !usage.isEmpty {
                metadata.name("usage")
                usage.write(to: &metadata)
            }
            metadata.member("latencyMs", latency)
            if reply?.isEnded != true { metadata.member("captureTruncated", true) }
            metadata.member("contentEncoding", unreadEncoding)
        }
    }
}

public import WhyOps

/// Streamed replies.
public enum Streams {
    /// One event of a stream in the middle of its text.
    public static func delta(_ format: ExchangeFormat) -> [UInt8] {
        switch format {
        case .chat:
            Array(
                "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1730419200,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" warehouse\"},\"finish_reason\":null}]}\n\n"
                    .utf8
            )
        case .responses:
            Array(
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\" warehouse\",\"sequence_number\":5}\n\n"
                    .utf8
            )
        case .messages:
            Array(
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" warehouse\"}}\n\n"
                    .utf8
            )
        }
    }

    /// The events before the first of the text.
    public static func opening(_ format: ExchangeFormat) -> [UInt8] {
        switch format {
        case .chat, .responses: []
        case .messages:
            Array(
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
                    .utf8
            )
        }
    }
}

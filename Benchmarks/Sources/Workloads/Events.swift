/// Bodies of event posts.
public enum Events {
    /// One `llm_response` of about 700 bytes and a bit.
    public static func event(_ number: Int) -> [UInt8] {
        Array(
            "{\"eventType\":\"llm_response\",\"traceId\":\"0b6f4c1e-3a52-4f0e-9d2c-7c1f6f1b2a3d\",\"spanId\":\"span-\(number)\",\"agentName\":\"shipping\",\"stepId\":\(number % 900 + 1),\"timestamp\":\"2026-03-04T05:06:07.\(100 + number % 900)Z\",\"providerId\":\"6b1e4c1e-3a52-4f0e-8d2c-7c1f6f1b2a3d\",\"idempotencyKey\":\"key-\(number)\",\"content\":{\"content\":\"The order left the warehouse this morning; it should arrive on Friday.\\nShe wrote: \\\"Thanks\\\".\",\"finishReason\":\"stop\"},\"metadata\":{\"provider\":\"openai\",\"model\":\"gpt-4o\",\"latencyMs\":812,\"usage\":{\"promptTokens\":1200,\"completionTokens\":80,\"totalTokens\":1280},\"temperature\":0.2,\"tags\":[\"a\",\"b\",\"c\"]}}"
                .utf8
        )
    }

    /// A batch.
    public static func batch(_ count: Int) -> [UInt8] {
        var body = Array("[".utf8)
        for number in 0..<count {
            if number > 0 { body += ",".utf8 }
            body += event(number)
        }
        return body + Array("]".utf8)
    }
}

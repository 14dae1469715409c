import WhyOps

/// Messages as Anthropic streams them.
enum AnthropicReply {
    static func events(_ answer: DemoScript.Answer, _ number: Int) -> [[UInt8]] {
        var events = [
            event("message_start") { writer in
                writer.name("message")
                writer.object { writer in
                    writer.member("id", "msg_demo_\(number)")
                    writer.member("type", "message")
                    writer.member("role", "assistant")
                    writer.member("model", "scripted-model")
                    writer.name("content")
                    writer.array { _ in }
                    writer.name("usage")
                    writer.object {
                        $0.member("input_tokens", 40)
                        $0.member("output_tokens", 1)
                    }
                }
            }, event("ping") { _ in },
        ]
        var index = 0
        if let thinking = answer.thinking {
            events += block(&index, start: ["type": "thinking", "thinking": "", "signature": ""]) {
                [
                    ["type": "thinking_delta", "thinking": thinking],
                    ["type": "signature_delta", "signature": "demo-seal-\(number)-4f2a9c77d1"],
                ]
            }
        }
        if let text = answer.text {
            events += block(&index, start: ["type": "text", "text": ""]) {
                OpenAIReply.pieces(of: text).map { ["type": "text_delta", "text": $0] }
            }
        }
        if let tool = answer.tool {
            events += block(&index, start: ["type": "tool_use", "id": tool.id, "name": tool.name]) {
                [["type": "input_json_delta", "partial_json": tool.arguments]]
            }
        }
        events.append(
            event("message_delta") { writer in
                writer.name("delta")
                writer.object { $0.member("stop_reason", answer.tool == nil ? "end_turn" : "tool_use") }
                writer.name("usage")
                writer.object { $0.member("output_tokens", OpenAIReply.tokens(answer)) }
            }
        )
        return events + [event("message_stop") { _ in }]
    }

    private static func block(
        _ index: inout Int,
        start: KeyValuePairs<String, String>,
        deltas: () -> [KeyValuePairs<String, String>]
    ) -> [[UInt8]] {
        let number = index
        index += 1
        var events = [
            event("content_block_start") { writer in
                writer.member("index", number)
                writer.name("content_block")
                writer.object { writer in
                    for (name, value) in start { writer.member(name, value) }
                    if start.contains(where: { $0.value == "tool_use" }) {
                        writer.name("input")
                        writer.object { _ in }
                    }
                }
            }
        ]
        for delta in deltas() {
            events.append(
                event("content_block_delta") { writer in
                    writer.member("index", number)
                    writer.name("delta")
                    writer.object { writer in
                        for (name, value) in delta { writer.member(name, value) }
                    }
                }
            )
        }
        return events + [event("content_block_stop") { $0.member("index", number) }]
    }

    private static func event(_ type: String, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", type)
            members(&writer)
        }
        return Array("event: \(type)\ndata: ".utf8) + writer.bytes + Array("\n\n".utf8)
    }
}

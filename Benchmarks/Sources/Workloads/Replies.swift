public import WhyOps

/// Whole replies and other texts.
public enum Replies {
    /// A reply with about `size` bytes of text.
    public static func body(_ format: ExchangeFormat, size: Int) -> [UInt8] {
        let text = Script.ascii.text(size)
        let (open, close) =
            switch format {
            case .chat:
                (
                    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1730419200,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"",
                    " done\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":7,\"total_tokens\":16}}"
                )
            case .messages:
                (
                    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[{\"type\":\"text\",\"text\":\"",
                    " done\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":9,\"output_tokens\":7}}"
                )
            case .responses:
                (
                    "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"gpt-4o\",\"output\":[{\"id\":\"msg_1\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"annotations\":[],\"text\":\"",
                    " done\"}]}],\"usage\":{\"input_tokens\":9,\"output_tokens\":7,\"total_tokens\":16}}"
                )
            }
        return Array(open.utf8) + text + Array(close.utf8)
    }

    /// The definition of an agent with tools, about `size` bytes.
    public static func definition(_ number: Int, size: Int) -> [UInt8] {
        var body = Array("{\"systemPrompt\":\"You are agent \(number).\",\"tools\":[".utf8)
        var tool = 0
        while body.count < size {
            if tool > 0 { body.append(UInt8(ascii: ",")) }
            body +=
                "{\"name\":\"tool_\(tool)\",\"description\":\"Looks an order up.\",\"inputSchema\":{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":\"string\"},\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":\(tool + 10)}}}}"
                .utf8
            tool += 1
        }
        return body + Array("]}".utf8)
    }
}

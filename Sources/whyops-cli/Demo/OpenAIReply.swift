import WhyOps

/// Chat completions as OpenAI sends them.
enum OpenAIReply {
    static func body(_ answer: DemoScript.Answer, _ number: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            head("chat.completion", number, &writer)
            writer.name("choices")
            writer.array { writer in
                writer.object { writer in
                    writer.member("index", 0)
                    writer.name("message")
                    writer.object {
                        $0.member("role", "assistant")
                        $0.member("content", answer.text)
                    }
                    writer.member("finish_reason", "stop")
                }
            }
            usage(answer, &writer)
        }
        return writer.bytes
    }

    static func events(_ answer: DemoScript.Answer, _ number: Int) -> [[UInt8]] {
        var events = [chunk(number) { $0.member("role", "assistant") }]
        for piece in pieces(of: answer.text ?? "") { events.append(chunk(number) { $0.member("content", piece) }) }
        if let tool = answer.tool {
            events.append(
                chunk(number) { writer in
                    writer.name("tool_calls")
                    writer.array { writer in
                        writer.object { writer in
                            writer.member("index", 0)
                            writer.member("id", tool.id)
                            writer.member("type", "function")
                            writer.name("function")
                            writer.object {
                                $0.member("name", tool.name)
                                $0.member("arguments", tool.arguments)
                            }
                        }
                    }
                }
            )
        }
        events.append(chunk(number, finish: answer.tool == nil ? "stop" : "tool_calls") { _ in })
        var last = JSONWriter()
        last.object { writer in
            head("chat.completion.chunk", number, &writer)
            writer.name("choices")
            writer.array { _ in }
            usage(answer, &writer)
        }
        return events + [event(last.bytes), Array("data: [DONE]\n\n".utf8)]
    }

    private static func chunk(
        _ number: Int,
        finish: String? = nil,
        _ delta: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            head("chat.completion.chunk", number, &writer)
            writer.name("choices")
            writer.array { writer in
                writer.object { writer in
                    writer.member("index", 0)
                    writer.name("delta")
                    writer.object(delta)
                    writer.name("finish_reason")
                    if let finish { writer.string(finish) } else { writer.null() }
                }
            }
        }
        return event(writer.bytes)
    }

    private static func event(_ data: [UInt8]) -> [UInt8] { Array("data: ".utf8) + data + Array("\n\n".utf8) }

    private static func head(_ object: String, _ number: Int, _ writer: inout JSONWriter) {
        writer.member("id", "chatcmpl-demo-\(number)")
        writer.member("object", object)
        writer.member("created", 1_790_000_000 + number)
        writer.member("model", "scripted-model")
    }

    private static func usage(_ answer: DemoScript.Answer, _ writer: inout JSONWriter) {
        writer.name("usage")
        writer.object {
            let output = tokens(answer)
            $0.member("prompt_tokens", 40)
            $0.member("completion_tokens", output)
            $0.member("total_tokens", 40 + output)
        }
    }

    static func tokens(_ answer: DemoScript.Answer) -> Int {
        pieces(of: (answer.thinking ?? "") + (answer.text ?? "") + (answer.tool?.arguments ?? "")).count
    }

    /// Words with the space before them, as models stream them.
    static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        for character in text {
            if pieces.isEmpty || character == " " || character == "\n" { pieces.append("") }
            pieces[pieces.count - 1].append(character)
        }
        return pieces
    }
}

import WhyOps

/// The conversations of the demo: what the agents say and what the scripted model answers.
enum DemoScript {
    /// What a model answers to one call.
    struct Answer: Sendable {
        var thinking: String?
        var text: String?
        /// A call of a tool: its id, name and arguments.
        var tool: (id: String, name: String, arguments: String)?
    }

    /// One step of an agent.
    enum Step: Sendable {
        case user(String)
        case toolResult(String)
    }

    struct Conversation: Sendable {
        var title: String
        var agent: String
        var format: ExchangeFormat
        var isStreaming: Bool
        var system: String
        var steps: [(Step, Answer)]
        /// What should decide about the trace of each call.
        var sources: [String]
    }

    static let conversations = [weather, research, persian, japanese]

    /// The first call of this conversation has no text to carry a signature: the tool call's id does.
    private static let weather = Conversation(
        title: "OpenAI chat, streaming, with a tool loop",
        agent: "weather-agent",
        format: .chat,
        isStreaming: true,
        system: "You advise travellers about the weather.",
        steps: [
            (
                .user("Do I need an umbrella in Tehran today?"),
                Answer(tool: ("call_demo_weather_7Qx2LmN4", "get_weather", #"{"city":"Tehran"}"#))
            ),
            (.toolResult(#"{"sky":"rain","celsius":11}"#), Answer(text: "Yes: it rains in Tehran, at 11 degrees.\n")),
            (.user("And tomorrow?"), Answer(text: "Tomorrow stays dry, so you can leave it at home.")),
        ],
        sources: ["new", "echo", "signature.v2"]
    )

    private static let research = Conversation(
        title: "Anthropic messages, streaming, with thinking and a tool",
        agent: "research-agent",
        format: .messages,
        isStreaming: true,
        system: "You look things up before you answer.",
        steps: [
            (
                .user("How long is the Danube?"),
                Answer(
                    thinking: "I should look this up rather than guess.",
                    text: "Let me look that up for you.",
                    tool: ("toolu_demo_search_9Kd3RtW8", "search", #"{"query":"length of the Danube"}"#)
                )
            ),
            (
                .toolResult("2,850 km from the Black Forest to the Black Sea"),
                Answer(text: "The Danube is 2,850 kilometres long.")
            ),
            (.user("Which sea does it reach?"), Answer(text: "It flows into the Black Sea.")),
        ],
        sources: ["new", "signature.v2", "signature.v2"]
    )

    private static let persian = Conversation(
        title: "OpenAI chat, interleaved with the next one, in Persian",
        agent: "persian-agent",
        format: .chat,
        isStreaming: false,
        system: "Answer in Persian.",
        steps: [
            (
                .user(
                    "\u{633}\u{644}\u{627}\u{645}\u{60C} \u{62D}\u{627}\u{644}\u{62A} \u{686}\u{637}\u{648}\u{631} \u{627}\u{633}\u{62A}\u{61F}"
                ),
                Answer(
                    text:
                        "\u{62E}\u{648}\u{628}\u{645}\u{60C} \u{645}\u{6CC}\u{200C}\u{62E}\u{648}\u{627}\u{647}\u{645} \u{6A9}\u{645}\u{6A9} \u{6A9}\u{646}\u{645}."
                )
            ),
            (
                .user("\u{686}\u{647} \u{645}\u{6CC}\u{200C}\u{62F}\u{627}\u{646}\u{6CC}\u{61F}"),
                Answer(
                    text:
                        "\u{686}\u{6CC}\u{632}\u{647}\u{627}\u{6CC} \u{632}\u{6CC}\u{627}\u{62F}\u{6CC} \u{645}\u{6CC}\u{200C}\u{62F}\u{627}\u{646}\u{645}."
                )
            ),
        ],
        sources: ["new", "signature.v2"]
    )

    private static let japanese = Conversation(
        title: "OpenAI chat, interleaved with the one before, in Japanese",
        agent: "japanese-agent",
        format: .chat,
        isStreaming: false,
        system: "Answer in Japanese.",
        steps: [
            (
                .user("\u{65E5}\u{672C}\u{3067}\u{4E00}\u{756A}\u{9AD8}\u{3044}\u{5C71}\u{306F}\u{FF1F}"),
                Answer(
                    text:
                        "\u{65E5}\u{672C}\u{3067}\u{4E00}\u{756A}\u{9AD8}\u{3044}\u{5C71}\u{306F}\u{5BCC}\u{58EB}\u{5C71}\u{3067}\u{3059}\u{3002}"
                )
            ),
            (
                .user("\u{9AD8}\u{3055}\u{306F}\u{FF1F}"),
                Answer(
                    text:
                        "\u{5BCC}\u{58EB}\u{5C71}\u{306E}\u{9AD8}\u{3055}\u{306F}\u{4E09}\u{4E03}\u{4E03}\u{516D}\u{30E1}\u{30FC}\u{30C8}\u{30EB}\u{3067}\u{3059}\u{3002}"
                )
            ),
        ],
        sources: ["new", "signature.v2"]
    )
}

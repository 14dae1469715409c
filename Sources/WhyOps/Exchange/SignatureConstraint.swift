/// Why a reply must not carry a signature: its output is constrained or measured (EXC-22).
public enum SignatureConstraint: String, Sendable {
    case structuredOutput = "structured-output"
    case prefill
    case audio
    case prediction
    case logprobs
    case moderation
    case tokenLimit = "token-limit"

    static func of(_ root: JSONValue, messages: JSONValue, format: ExchangeFormat) -> SignatureConstraint? {
        if isStructured(root) { return .structuredOutput }
        if messages.children.last?["role"]?.isString("assistant") == true { return .prefill }
        if root["modalities"]?.children.contains(where: { $0.isString("audio") }) == true || isSet(root["audio"]) {
            return .audio
        }
        if isSet(root["prediction"]) { return .prediction }
        if isSet(root["logprobs"]) || isSet(root["top_logprobs"]) { return .logprobs }
        if isSet(root["moderation"]) { return .moderation }
        for limit in [root["max_tokens"], root["max_completion_tokens"]] {
            if let tokens = limit?.integer, tokens <= 16 { return .tokenLimit }
        }
        return nil
    }

    private static func isStructured(_ root: JSONValue) -> Bool {
        let formats = [root["response_format"], root["output_format"], root["output_config"]?["format"]]
        for format in formats {
            if let format, format.kind != .null, format["type"]?.isString("text") != true { return true }
        }
        return isSet(root["guided_json"]) || isSet(root["guided_regex"]) || isSet(root["guided_choice"])
            || isSet(root["guided_grammar"]) || isSet(root["grammar"]) || isSet(root["structured_outputs"])
    }

    /// Anything but absent, null, false and 0.
    private static func isSet(_ value: JSONValue?) -> Bool {
        switch value?.kind {
        case nil, .null, .false: false
        case .number: value?.integer != 0
        default: true
        }
    }
}

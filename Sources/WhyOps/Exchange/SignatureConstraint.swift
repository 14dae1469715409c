/// Why a reply must not carry a signature: its output is constrained or measured (EXC-22).
public enum SignatureConstraint: String, Sendable {
    case structuredOutput = "structured-output"
    case prefill
    case audio
    case prediction
    case logprobs
    case moderation
    case tokenLimit = "token-limit"
    /// The reply is fetched later, as the upstream keeps it.
    case background

    static func of(_ root: JSONValue, history: JSONValue?, format: ExchangeFormat) -> SignatureConstraint? {
        if isStructured(root) { return .structuredOutput }
        if format == .responses, let constraint = ofResponses(root) { return constraint }
        if history?.lastChild(where: { _, _, _ in true })?["role"]?.isString("assistant") == true { return .prefill }
        if root["modalities"]?.listed.contains(where: { $0.isString("audio") }) == true || isSet(root["audio"]) {
            return .audio
        }
        if isSet(root["prediction"]) { return .prediction }
        if isSet(root["logprobs"]) || isSet(root["top_logprobs"]) && root["top_logprobs"]?.integer != 0 {
            return .logprobs
        }
        if isSet(root["moderation"]) { return .moderation }
        for limit in [root["max_tokens"], root["max_completion_tokens"]] {
            if let tokens = limit?.integer, tokens <= 16 { return .tokenLimit }
        }
        return nil
    }

    /// What only a Responses request can ask for.
    private static func ofResponses(_ root: JSONValue) -> SignatureConstraint? {
        if isOtherThanText(root["text"]?["format"]) { return .structuredOutput }
        let logprobs: StaticString = "message.output_text.logprobs"
        if root["include"]?.listed.contains(where: { $0.isString(logprobs) }) == true { return .logprobs }
        if isSet(root["background"]) { return .background }
        if let tokens = root["max_output_tokens"]?.integer, tokens <= 16 { return .tokenLimit }
        return nil
    }

    private static func isOtherThanText(_ format: JSONValue?) -> Bool {
        guard let format, format.kind != .null, format.kind != .false else { return false }
        return format["type"]?.isString("text") != true
    }

    /// Whether a response object says that its text is constrained or measured (EXC-27).
    static func constrains(_ response: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) -> Bool {
        func member(_ name: StaticString, of object: JSONTape.Index) -> JSONTape.Index? {
            tape.member(name, of: object, in: bytes)
        }
        if let format = member("text", of: response).flatMap({ member("format", of: $0) }), tape.kind(format) != .null {
            guard let type = member("type", of: format), tape.isString(type, "text", in: bytes) else { return true }
        }
        if let background = member("background", of: response), tape.kind(background) == .true { return true }
        guard let logprobs = member("top_logprobs", of: response), tape.kind(logprobs) == .number else { return false }
        return tape.integer(logprobs, in: bytes) != 0
    }

    private static func isStructured(_ root: JSONValue) -> Bool {
        if isOtherThanText(root["response_format"]) || isOtherThanText(root["output_format"])
            || isOtherThanText(root["output_config"]?["format"])
        {
            return true
        }
        return isSet(root["guided_json"]) || isSet(root["guided_regex"]) || isSet(root["guided_choice"])
            || isSet(root["guided_grammar"]) || isSet(root["grammar"]) || isSet(root["structured_outputs"])
    }

    /// Anything but absent, null and false.
    private static func isSet(_ value: JSONValue?) -> Bool {
        switch value?.kind {
        case nil, .null, .false: false
        default: true
        }
    }
}

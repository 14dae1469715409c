import WhyOps

/// A case of `exchange.*` or `stitch.resolve` as a call through a proxy: what the client sends, what the upstream answers, and
/// what has to arrive on either side.
package struct ProxyExchange: Sendable {
    /// What came of the call.
    package struct Observation: Sendable {
        /// The body that reached the upstream; `nil` where nothing did.
        package var forwarded: [UInt8]?
        /// The status that the client got.
        package var status: Int
        /// The value of `X-Trace-ID` that the client got.
        package var traceID: String?
        /// The body that the client got.
        package var body: [UInt8]

        /// An observation.
        package init(forwarded: [UInt8]?, status: Int, traceID: String?, body: [UInt8]) {
            self.forwarded = forwarded
            self.status = status
            self.traceID = traceID
            self.body = body
        }
    }

    private enum Side {
        case request(expected: ConformanceCase.Expectation)
        /// A case about a reply whose request has to be refused (EXC-65).
        case refusal
        case reply(EmbedJudge)
    }

    /// The path that the client posts to.
    package let path: String
    /// Headers of the case, and those that name the trace and choose version 1, which needs no key.
    package let headers: [(name: String, value: String)]
    /// The body that the client posts.
    package let body: [UInt8]
    /// What the upstream answers.
    package let status: Int
    package let reply: [UInt8]
    /// Whether the upstream's answer is a stream of events.
    package let isStream: Bool
    private let side: Side

    /// Makes the call; `nil` for a case that needs what a client cannot say: keys, known ids, another policy.
    package init?(_ subject: ConformanceCase) {
        let input = subject.input
        guard ["key", "keys", "known", "acceptV1"].allSatisfy({ input[$0] == nil }),
            (input["policy"]?.text ?? "careful") == "careful", let format = input["format"]?.text,
            let path = Self.paths[format], let expectation = subject.expected.first, subject.expected.count == 1
        else { return nil }
        self.path = path
        isStream = subject.operation == "exchange.embed-stream"
        if let body = subject.text("body") {
            guard subject.operation != "exchange.rewrite-request" || format != "other" || JSON(body) != nil else {
                return nil
            }
            self.body = body
            headers = (input["headers"]?.members ?? []).compactMap { member in
                member.value.text.map {
                    (String(decoding: member.name, as: UTF8.self), String(decoding: $0.utf8, as: UTF8.self))
                }
            }
            status = 200
            reply = Array("{}".utf8)
            side = .request(expected: expectation)
        } else {
            guard let request = subject.text("request"), let reply = subject.text("reply"),
                let trace = input["traceId"]?.text, TraceID(headerValue: trace)?.text == trace,
                case .output(let expected) = expectation, let judge = EmbedJudge(subject, expected)
            else { return nil }
            body = request
            headers = [("X-Trace-ID", trace), ("X-WhyOps-Signature", "v1")]
            status = input["status"]?.integer ?? 200
            self.reply = reply
            let isRefused = ExchangeFormat(rawValue: format).map { (try? RequestReading(request, format: $0)) == nil }
            side = isRefused == true ? .refusal : .reply(judge)
        }
        guard headers.allSatisfy({ $0.value.utf8.allSatisfy { (0x20...0x7E).contains($0) } }) else { return nil }
    }

    private static let paths = [
        "chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses",
        "other": "/v1/moderations",
    ]

    /// Whether the case is about the request; these come first, since replies teach a proxy ids that later histories echo.
    package var isAboutRequest: Bool {
        if case .request = side { true } else { false }
    }

    /// How the call went wrong; `nil` where it is right.
    package func fault(_ seen: Observation) -> String? {
        switch side {
        case .request(.error), .refusal:
            guard seen.forwarded == nil else { return "what has to be refused has reached the upstream" }
            return seen.status == 400 ? nil : "status \(seen.status), expected 400"
        case .request(.output(let expected)):
            guard let forwarded = seen.forwarded else { return "nothing reached the upstream, status \(seen.status)" }
            if let wanted = TextValue.bytes(expected["body"]), forwarded != wanted {
                return OutputJudge.difference("body", forwarded, wanted)
            }
            // What is not recorded has no trace.
            guard let wanted = expected["traceId"], path != Self.paths["other"] else { return nil }
            if let wanted = wanted.text {
                return seen.traceID == wanted ? nil : "X-Trace-ID: \(seen.traceID ?? "none"), expected \(wanted)"
            }
            // TRC-9
            return seen.traceID.flatMap { TraceID($0) }?.isUUIDVersion4 == true
                ? nil : "X-Trace-ID: \(seen.traceID ?? "none"), expected a new one"
        case .reply(let judge):
            // PRX-16
            let isRefused = !isStream && (200...299).contains(status) && JSON(reply) == nil
            let wanted = isRefused ? 502 : status
            guard seen.status == wanted else { return "status \(seen.status), expected \(wanted)" }
            if isRefused { return nil }
            return isStream
                ? StreamJudge(judge, reply).fault(in: seen.body)
                : judge.fault(in: .object([.init("body", TextValue.spelt(seen.body))]))
        }
    }
}

extension TraceID {
    /// A lower-case UUID of version 4.
    fileprivate var isUUIDVersion4: Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36
            && bytes.enumerated().allSatisfy { place, byte in
                switch place {
                case 8, 13, 18, 23: byte == UInt8(ascii: "-")
                case 14: byte == UInt8(ascii: "4")
                case 19: "89ab".utf8.contains(byte)
                default: "0123456789abcdef".utf8.contains(byte)
                }
            }
    }
}

import Hummingbird
import WhyOps
import WhyOpsStore

/// What the event routes expect, for whoever asks them.
enum EventHelp {
    static var response: Response {
        Response(
            JSONReply(status: 200) { writer in
                writer.member("version", "1.0")
                writer.member("endpoint", "/api/events")
                writer.member("helpEndpoint", "/api/events/help")
                writer.strings("supportedEventTypes", EventType.allCases.map(\.rawValue))
                writer.strings("requiredHeadersOrAuth", ["Authorization: Bearer <key>", "X-API-Key: <key>"])
                writer.name("commonFields")
                writer.object { writer in
                    writer.strings("required", ["eventType", "traceId", "agentName"])
                    writer.strings(
                        "optional",
                        [
                            "spanId", "stepId", "parentStepId", "timestamp", "content", "metadata", "idempotencyKey",
                            "externalUserId", "providerId",
                        ]
                    )
                }
                writer.strings(
                    "notes",
                    [
                        "tool_call_request and tool_call_response need metadata.tool.",
                        "llm_response and embedding_response need metadata.model and metadata.provider.",
                        "Add ?profile=strict to have content checked as well, in tests and in CI.",
                        "A body is one event or an array of at most 1000; all are stored or none.",
                        "Add ?partial=true to have stored what can be stored, and one result for each event.",
                        "application/x-ndjson takes one event a line; Content-Encoding: gzip is understood.",
                        "An Idempotency-Key names a request, so that it may be sent again.",
                    ]
                )
            }
        )
    }
}

extension JSONWriter {
    fileprivate mutating func strings(_ name: String, _ items: [String]) {
        self.name(name)
        array { writer in
            for item in items { writer.string(item) }
        }
    }
}

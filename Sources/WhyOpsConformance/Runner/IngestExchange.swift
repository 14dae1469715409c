/// A case of `event.validate` as a request to an ingest service, and what its answer has to be.
package struct IngestExchange: Sendable {
    /// The path with its query.
    package let path: String
    /// The body to post.
    package let body: [UInt8]
    private let expected: [String]

    /// No more events fit into one request (ING-9).
    private static let maximumEvents = 1000

    /// Makes the request; `nil` for a case that needs what a request cannot say.
    ///
    /// - Parameter trace: an id that is new to the service, for the events of accepted bodies.
    package init?(_ subject: ConformanceCase, trace: String) {
        guard subject.input["tenant"] == nil, case .output(let output) = subject.expected.first else { return nil }
        expected = Self.faults(output["faults"])
        guard !expected.contains(where: { $0.hasSuffix(" tenant.mismatch") }) else { return nil }
        let profile = subject.input["profile"]?.text ?? "original"
        let isToolResult = subject.input["eventType"]?.text == "tool_call_response"
        guard isToolResult || subject.input["eventType"] == nil else { return nil }
        path = (isToolResult ? "/api/events/tool-result" : "/api/events") + "?profile=\(profile)"
        if let text = TextValue.bytes(subject.input["text"]) {
            // What is accepted as it is spelt would meet itself again in the next run.
            guard !expected.isEmpty else { return nil }
            body = text
        } else {
            guard let value = subject.input["body"], value.array.count <= Self.maximumEvents else { return nil }
            // The case leaves open who the caller is; a service knows.
            guard profile != "strict" || !Self.namesTenant(value) else { return nil }
            body = (expected.isEmpty ? Self.renamed(value, trace) : value).written()
        }
    }

    /// Whether an event says whose it is.
    private static func namesTenant(_ value: JSON) -> Bool {
        if case .array(let events) = value { return events.contains(where: namesTenant) }
        return ["userId", "projectId", "environmentId"].contains { value[$0] != nil }
    }

    /// The events with another trace.
    private static func renamed(_ value: JSON, _ trace: String) -> JSON {
        switch value {
        case .array(let events): .array(events.map { renamed($0, trace) })
        case .object(let members):
            .object(
                members.map { $0.name == Array("traceId".utf8) ? JSON.Member("traceId", .text(trace)) : $0 }
            )
        default: value
        }
    }

    /// How the answer is wrong; `nil` where it is right (ING-4, ING-8).
    package func fault(status: UInt, body: JSON) -> String? {
        if expected.isEmpty { return status == 201 ? nil : "status \(status), expected 201" }
        guard status == 400 else { return "status \(status), expected 400" }
        let found = Self.faults(body["details"])
        return found == expected ? nil : "details: \(found), expected \(expected)"
    }

    private static func faults(_ list: JSON?) -> [String] {
        (list?.array ?? []).map { "\($0["pointer"]?.text ?? "?") \($0["rule"]?.text ?? "?")" }.sorted()
    }
}

import WhyOps

extension CoreTestee {
    static func trace(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        guard operation == "trace.findings" else { return nil }
        guard let list = input["events"] else { return malformed }
        var events: [EventSummary] = []
        for item in list.array {
            guard let event = summary(item) else { return malformed }
            events.append(event)
        }
        let result = TraceFindings(of: events, isComplete: input["isComplete"]?.bool ?? true)
        var writer = JSONWriter()
        writer.array { writer in
            for finding in result.findings { finding.write(to: &writer, withMessage: false) }
        }
        return JSON(writer.bytes).map { output(.init("findings", $0)) }
    }

    private static func summary(_ item: JSON) -> EventSummary? {
        guard let type = item["eventType"]?.text.flatMap({ EventType(name: $0) }), let step = item["stepId"]?.integer,
            let span = item["spanId"]?.text, let agent = item["agentName"]?.text,
            let timestamp = item["timestamp"]?.text.flatMap({ Timestamp($0) })
        else { return nil }
        return EventSummary(
            id: item["id"]?.text,
            eventType: type,
            stepId: step,
            parentStepId: item["parentStepId"]?.integer,
            spanId: span,
            agentName: agent,
            timestamp: timestamp,
            latencyMs: item["latencyMs"]?.integer,
            totalTokens: item["totalTokens"]?.integer,
            tool: item["tool"]?.text,
            model: item["model"]?.text,
            provider: item["provider"]?.text,
            ending: EventSummary.Ending(finishReason: item["finishReason"]?.text),
            callCount: item["calls"]?.integer ?? 0,
            call: item["call"]?.text.map { Array($0.utf8) }
        )
    }
}

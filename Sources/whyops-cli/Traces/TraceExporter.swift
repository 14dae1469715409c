import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsInterop

/// Writes or sends traces, one after the other: no more than one is held at once.
struct TraceExporter {
    let place: any IngestPlace
    let traces: [String]
    /// The name of the environment, where that is known.
    let environment: String?

    private func note(_ count: Int, _ one: String, _ many: String) {
        let traces = traces.count == 1 ? "1 trace" : "\(traces.count) traces"
        Terminal.note("\(count == 1 ? one : "\(count) \(many)") of \(traces).")
    }

    // MARK: Events

    func writeEvents() async throws {
        var count = 0
        for trace in traces {
            try await TraceEvents(place: place, id: trace).forEachPage(include: "content,metadata") { page in
                for event in page["events"]?.children ?? [] {
                    Terminal.out(bytes: Self.line(of: event, in: page))
                    count += 1
                }
            }
        }
        note(count, "1 event", "events")
    }

    // MARK: Spans

    func write(_ options: TraceExportOptions, service: String) async throws {
        var count = 0
        for trace in traces {
            let read = try await ReadTrace(place, trace)
            let spans = TraceExport(read.items, agentID: read.agentID, options: options).spans
            let resource = resource(service, read)
            for batch in SpanSender.batches(spans) {
                Terminal.out(bytes: OTLPRequest(Array(batch), resource: resource, options: options).json + [0x0A])
            }
            count += spans.count
        }
        note(count, "1 span", "spans")
    }

    /// - Throws: `ExitCode(1)` where the receiver refused some.
    func send(
        _ options: TraceExportOptions,
        service: String,
        _ makeSender: (OTLPResource) -> SpanSender
    ) async throws {
        var sender: SpanSender?
        do {
            for trace in traces {
                let read = try await ReadTrace(place, trace)
                let spans = TraceExport(read.items, agentID: read.agentID, options: options).spans
                // All traces of an environment are of one project.
                var current = sender ?? makeSender(resource(service, read))
                defer { sender = current }
                try await current.send(spans)
            }
        } catch {
            if let sender { Terminal.note("Before that: \(sender.text)") }
            await sender?.close()
            throw error
        }
        await sender?.close()
        Terminal.out(sender?.text ?? "0 spans sent, 0 refused.")
        if let sender, sender.refused > 0 { throw ExitCode(1) }
    }

    private func resource(_ service: String, _ trace: ReadTrace) -> OTLPResource {
        OTLPResource(service: service, project: trace.projectID, environment: environment)
    }

    // MARK: Conversations

    func write(_ form: ConversationExport.Form) async throws {
        var count = 0
        var leftOut = 0
        for trace in traces {
            let read = try await ReadTrace(place, trace)
            let export = ConversationExport(read.items.map(\.event), form: form)
            for line in export.lines { Terminal.out(bytes: line) }
            count += export.lines.count
            leftOut += export.leftOut
        }
        note(count, "1 conversation", "conversations")
        if leftOut > 0 {
            Terminal.note("\(leftOut == 1 ? "1 part" : "\(leftOut) parts") of messages had no place in this form.")
        }
    }
}

/// A trace with all its events, read to be written in another form.
private struct ReadTrace {
    private(set) var items: [TraceItem] = []
    private(set) var agentID: String?
    private(set) var projectID: String?

    init(_ place: any IngestPlace, _ id: String) async throws {
        var items: [TraceItem] = []
        var agentID: String?
        var projectID: String?
        try await TraceEvents(place: place, id: id).forEachPage(include: "content,metadata") { page in
            agentID = page["agentId"]?.string
            // The project owns what is stored (ING-12).
            projectID = page["userId"]?.string
            for value in page["events"]?.children ?? [] {
                guard let event = Event(stored: value, in: page) else { continue }
                items.append(TraceItem(event, agentVersion: value["agentVersionId"]?.string))
            }
        }
        self.items = items
        self.agentID = agentID
        self.projectID = projectID
    }
}

extension Event {
    /// An event as `GET /api/threads/{traceId}` tells it.
    fileprivate init?(stored value: JSONValue, in thread: JSONValue) {
        guard let type = value["eventType"]?.string.flatMap({ EventType(name: $0) }),
            let trace = thread["threadId"]?.string, let agent = value["agentName"]?.string
        else { return nil }
        self.init(
            eventType: type,
            traceId: trace,
            agentName: agent,
            spanId: value["spanId"]?.string,
            stepId: value["stepId"]?.integer,
            parentStepId: value["parentStepId"]?.integer,
            timestamp: value["timestamp"]?.string,
            content: value["content"]?.slice,
            metadata: value["metadata"]?.slice,
            idempotencyKey: value["idempotencyKey"]?.string ?? value["id"]?.string,
            externalUserId: value["externalUserId"]?.string,
            providerId: thread["providerId"]?.string
        )
    }
}

extension TraceExporter {
    /// An event as it can be sent again.
    static func line(of event: JSONValue, in thread: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("eventType", event["eventType"]?.string)
            writer.member("traceId", thread["threadId"]?.string)
            writer.member("spanId", event["spanId"]?.string)
            writer.member("stepId", event["stepId"]?.integer)
            writer.member("parentStepId", event["parentStepId"]?.integer)
            writer.member("agentName", event["agentName"]?.string)
            writer.member("externalUserId", event["externalUserId"]?.string)
            writer.member("providerId", thread["providerId"]?.string)
            writer.member("timestamp", event["timestamp"]?.string)
            writer.member("idempotencyKey", event["idempotencyKey"]?.string ?? event["id"]?.string)
            writer.member("content", raw: event["content"].map { oneLine($0) })
            writer.member("metadata", raw: event["metadata"].map { oneLine($0) })
        }
        return writer.bytes + [0x0A]
    }

    /// A value's bytes without the line breaks between its tokens; in its strings there are none.
    private static func oneLine(_ value: JSONValue) -> [UInt8] {
        value.slice.filter { $0 != 0x0A && $0 != 0x0D }
    }
}

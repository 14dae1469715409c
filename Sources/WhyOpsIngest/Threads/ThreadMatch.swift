import WhyOps
import WhyOpsStore

/// Looks for the thread that a history goes on from: by what the proxy's ladder takes for evidence, and then by the words of
/// the last answer (ING-111).
struct ThreadMatch {
    let store: any IngestStore
    let tenant: Tenant

    enum Outcome {
        /// - Parameter event: the answer that the history ends with, where it is stored.
        case found(traceId: String, event: String?, by: String)
        case missing(String)
    }

    /// How much of an answer is looked for, in scalars; it is compared whole afterwards.
    private static let sampleLength = 200
    /// Threads with that much of it that are compared, and the newest events of each.
    private static let candidates = 20
    private static let eventLimit = 1000
    /// Bytes of contents that are compared for one request; further ones are not looked at.
    private static let byteLimit = 64 << 20

    func find(_ request: MatchRequest) async throws -> Outcome {
        // The newest message is what is said now.
        let history = request.messages.dropLast()
        if history.isEmpty { return .missing("Insufficient history") }
        guard let anchor = history.last(where: { $0["role"]?.isString("assistant") == true }) else {
            return .missing("No anchor message found")
        }
        let text = Self.text(of: anchor)
        if let (traceId, source) = try await evidence(in: history),
            try await store.thread(traceId, events: PageRequest(limit: 1, parts: []), tenant: tenant) != nil
        {
            var room = Self.byteLimit
            let event = try await event(in: traceId, saying: text, &room)
            return .found(traceId: traceId, event: event, by: source)
        }
        if !text.isEmpty, let (traceId, event) = try await thread(saying: text, providerId: request.providerId) {
            return .found(traceId: traceId, event: event, by: "content")
        }
        return .missing("No matching thread found")
    }

    /// What signatures and echoed ids say (TRC-4), in whichever vendor's messages.
    private func evidence(in history: ArraySlice<JSONValue>) async throws -> (traceId: String, source: String)? {
        guard let fresh = TraceID("none") else { return nil }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", "")
            writer.name("messages")
            writer.array { writer in
                for message in history { writer.raw(message.slice) }
            }
        }
        let keys = SigningKeys(try await store.signingKeys(tenant: tenant, makesFirst: false).keys)
        for format in [ExchangeFormat.chat, .messages] {
            guard let reading = try? RequestReading(writer.bytes, format: format, keys: keys) else { continue }
            // Nobody has given out an id with U+0000, which not every database can look for.
            let echoes = Set(reading.turns.flatMap(\.echoes)).filter { !$0.text.utf8.contains(0) }
            let known = echoes.isEmpty ? [:] : try await store.traces(of: Array(echoes), tenant: tenant)
            let resolution = TraceResolution(
                traceHeader: nil,
                threadHeader: nil,
                turns: reading.turns,
                known: known,
                fresh: fresh
            )
            if resolution.source != .new { return (resolution.id.text, resolution.source.rawValue) }
        }
        return nil
    }

    /// The newest thread with an answer in these words.
    private func thread(saying text: String, providerId: String?) async throws -> (traceId: String, event: String)? {
        var query = ThreadQuery(page: PageRequest(limit: Self.candidates))
        query.providerId = providerId
        query.wantsDefinition = false
        let sample = String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.sampleLength)))
        var room = Self.byteLimit
        for thread in try await store.searchThreads(sample, matching: query, tenant: tenant).page.items {
            if let event = try await event(in: thread.traceId, saying: text, &room) { return (thread.traceId, event) }
        }
        return nil
    }

    /// The newest answer of a thread in these words.
    private func event(in traceId: String, saying text: String, _ room: inout Int) async throws -> String? {
        if text.isEmpty { return nil }
        var offset = 0
        while offset < Self.eventLimit, room > 0 {
            try Task.checkCancellation()
            let page = PageRequest(limit: 200, offset: offset, parts: .content)
            let events = try await store.events(matching: EventQuery(traceId: traceId, page: page), tenant: tenant)
                .items
            if events.isEmpty { return nil }
            for stored in events {
                room -= stored.event.content?.count ?? 0
                guard case .llmResponse(let reply) = stored.event.view, let said = reply.text else { continue }
                if Self.bare(said).utf8.elementsEqual(text.utf8) { return stored.id }
            }
            offset += events.count
        }
        return nil
    }

    /// The words of a message, whichever vendor's, without signatures.
    private static func text(of message: JSONValue) -> String {
        guard let content = message["content"] else { return "" }
        if let text = content.string { return bare(text) }
        if content.kind != .array { return "" }
        return bare(content.children.compactMap { $0["text"]?.string }.joined())
    }

    private static func bare(_ text: String) -> String {
        String(decoding: InvisibleSignature.strip(Array(text.utf8)), as: UTF8.self)
    }
}

extension ThreadMatch.Outcome {
    func write(to writer: inout JSONWriter) {
        switch self {
        case .found(let traceId, let event, let source):
            writer.member("found", true)
            writer.member("traceId", traceId)
            writer.nullable("matchEventId", event)
            writer.member("source", source)
        case .missing(let reason):
            writer.member("found", false)
            writer.member("reason", reason)
        }
    }
}

import Hummingbird
import NIOCore
import WhyOps
import WhyOpsStore

/// The routes that show a trace as a graph.
struct GraphRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    let gate: FairGate

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/threads/{traceId}/graph") { request, context in
            let tenant = try await access.tenant(of: request)
            let query = try QueryParameters(request)
            let wanted = GraphQuery(
                startDate: try query.date("startDate"),
                endDate: try query.date("endDate", isEnd: true),
                limit: TraceGraph.limit + 1
            )
            guard let traceId = context.name("traceId"),
                let found = try await gate.run(
                    for: tenant.environmentID,
                    { try await store.graphEvents(of: traceId, matching: wanted, tenant: tenant) }
                )
            else { throw Refusal.missingThread }
            let graph = TraceGraph(found.events, isCut: found.isCut)
            return Response(
                JSONReply(status: 200) { writer in
                    writer.member("threadId", traceId)
                    writer.name("graph")
                    GraphJSON(graph: graph).write(to: &writer)
                }
            )
        }
        router.get("api/visualize/{traceId}/mermaid") { request, context in
            let tenant = try await access.tenant(of: request)
            let text = try await request.whileConnected(context) {
                guard let traceId = context.name("traceId") else { return nil as String? }
                return try await gate.run(for: tenant.environmentID) { try await diagram(of: traceId, tenant) }
            }
            guard let text else { throw Refusal.missingThread }
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; charset=utf-8", .connection: "close"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text))
            )
        }
    }

    /// Events in one diagram: more nobody can read.
    private static let diagramLimit = 500
    /// Bytes of events that are read for its labels; events behind them have none.
    private static let diagramBytes = 64 << 20

    private func diagram(of traceId: String, _ tenant: Tenant) async throws -> String? {
        let wanted = GraphQuery(limit: Self.diagramLimit)
        guard let found = try await store.graphEvents(of: traceId, matching: wanted, tenant: tenant) else {
            return nil
        }
        let graph = TraceGraph(found.events)
        var texts: [Int: String] = [:]
        var bytes = 0
        for (place, event) in graph.events.enumerated() where bytes < Self.diagramBytes {
            try Task.checkCancellation()
            // One after the other, and of each no more than a label shows: together they may be larger than memory.
            guard let stored = try await store.event(id: event.stored.id, tenant: tenant) else { continue }
            bytes += (stored.event.content?.count ?? 0) + (stored.event.metadata?.count ?? 0)
            texts[place] = stored.event.view.words.map { MermaidDiagram.beginning(of: $0) }
        }
        return MermaidDiagram(graph: graph, texts: texts).text
    }
}

extension EventView {
    /// What a label says of an event.
    fileprivate var words: String? {
        switch self {
        case .userMessage(let view): view.text
        case .llmResponse(let view): view.text ?? view.refusal ?? view.toolCalls.first?.name
        case .llmThinking(let view): view.text
        case .embeddingRequest(let view): view.texts.first
        case .embeddingResponse: nil
        case .toolCallRequest(let view): view.toolCalls.first?.name
        case .toolCallResponse(let view), .toolCall(let view): view.results.first?.output ?? view.toolCalls.first?.name
        case .toolResult(let view): view.results.first?.output
        case .error(let view): view.message
        }
    }
}

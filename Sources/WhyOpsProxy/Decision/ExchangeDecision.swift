import WhyOps
import WhyOpsStore

/// What is decided about a request of a recorded route once its body is read: which trace it belongs to, and what goes
/// upstream.
///
/// One object that the steps of the decision share: what they would have to copy has dozens of references.
final class ExchangeDecision: Sendable {
    private let responder: ProxyResponder
    private let request: ProxyRequest
    private let path: ProxyPath
    private let tenant: Tenant
    private let agentName: String
    private let externalUserID: String?
    private let rule: SignatureRule
    private let keys: SigningKeys?
    private let provider: Provider
    let reading: RequestReading
    private let byteCount: Int

    /// - Parameter byteCount: of the body as it came.
    init(
        responder: ProxyResponder,
        request: ProxyRequest,
        path: ProxyPath,
        tenant: Tenant,
        agentName: String,
        externalUserID: String?,
        rule: SignatureRule,
        keys: SigningKeys?,
        provider: Provider,
        reading: RequestReading,
        byteCount: Int
    ) {
        self.responder = responder
        self.request = request
        self.path = path
        self.tenant = tenant
        self.agentName = agentName
        self.externalUserID = externalUserID
        self.rule = rule
        self.keys = keys
        self.provider = provider
        self.reading = reading
        self.byteCount = byteCount
    }

    private var lineage: Lineage { Lineage(of: reading, keys: keys, agent: agentName, user: externalUserID) }

    /// Finds the trace that the request belongs to, and goes on with it.
    func stitch() throws -> Lookup<ProxyStep> {
        // Nearly always it is known at once, and then nothing is kept for later.
        switch services.echoes.traces(of: reading.turns, tenant: tenant) {
        case .known(let known): try resolve(known)
        case .asked(let ask): .asked { try await self.resolve(try await ask()).value() }
        }
    }

    private func resolve(_ known: [EchoID: TraceID]) throws -> Lookup<ProxyStep> {
        let resolution = TraceResolution(
            traceHeader: request.headers[single: .traceID],
            threadHeader: request.headers[single: .threadID],
            turns: reading.turns,
            known: known,
            harness: HarnessSession(header: header),
            fresh: Moment.freshTraceID(),
            acceptsV1: services.configuration.acceptsV1
        )
        guard resolution.source == .new else { return .known(try forward(resolution, nil)) }
        let lineage = lineage
        return switch services.echoes.lineages.lookUp(lineage, tenant: tenant) {
        case .known(let trace): .known(try forward(resolution.joining(trace), lineage))
        case .asked(let ask): .asked { try self.forward(resolution.joining(try await ask()), lineage) }
        }
    }

    /// - Parameter lineage: of the request, where it had to be known.
    private func forward(_ resolution: TraceResolution, _ lineage: Lineage?) throws -> ProxyStep {
        var upstreamRequest = try services.upstream.request(request, path, provider: provider)
        upstreamRequest.body = .whole(reading.forwarded)
        upstreamRequest.trace = resolution.id.text
        if provider.isWhyOps {
            upstreamRequest.headers.replace(
                UpstreamClient.hopHeaders(trace: resolution.id, agentName: agentName, externalUserID: externalUserID)
            )
        }
        let plan = ExchangePlan(
            services: services,
            tenant: tenant,
            provider: provider,
            format: reading.format,
            model: reading.model,
            resolution: resolution,
            span: Identifiers.span(),
            policy: rule.policy ?? services.configuration.signaturePolicy
        )
        return .forward(upstreamRequest, ExchangeStart(plan: plan, decision: self, lineage: lineage))
    }

    /// What the reply needs, and the event of the request: the request waits for none of it (PRX-218).
    func replyPlan(_ plan: ExchangePlan, _ lineage: Lineage?) -> ReplyPlan {
        let lineage = lineage ?? self.lineage
        let retry = services.retries.note(
            RetryTable.Attempt(span: plan.span, trace: plan.resolution.id.text),
            of: RetryTable.Request(lineage, tenant, agent: agentName, user: externalUserID, byteCount: byteCount),
            header: header
        )
        return ReplyPlan(
            events: ExchangeEvents(
                resolution: plan.resolution,
                agentName: agentName,
                externalUserID: externalUserID,
                spanID: plan.span,
                provider: provider.name,
                lineage: lineage,
                retry: retry,
                traceParent: header("traceparent")
            ),
            frame: responder.frame(for: plan.resolution.id, reading, request.headers, rule, keys, tenant)
        )
    }

    private var services: ProxyServices { responder.services }

    /// The value of the header with a lower-case name.
    private func header(_ name: String) -> String? { request.headers[HeaderName(text: name)] }
}

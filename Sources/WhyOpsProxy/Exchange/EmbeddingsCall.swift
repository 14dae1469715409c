import NIOCore
import WhyOps
import WhyOpsEdge
import WhyOpsStore

/// What is known of a request for embeddings when it goes upstream.
struct EmbeddingsPlan: CallPlan {
    let services: ProxyServices
    let tenant: Tenant
    let provider: Provider
    let reading: EmbeddingRequest
    let resolution: TraceResolution
    /// What ties the events of the exchange together, and names it where the reply is ours.
    let span: String
    let events: ExchangeEvents

    func begin(_ outlet: any ReplyOutlet) -> any UpstreamCall {
        EmbeddingsCall(plan: self, outlet: outlet)
    }
}

/// One exchange about embeddings: passes the reply on as it comes, and records both (EXC-82).
private final class EmbeddingsCall: UpstreamCall {
    private enum Reply {
        case waiting
        /// Embeddings; `nil` where their encoding is not read.
        case passing(EmbeddingReply?)
        /// A refusal of the upstream's.
        case refusal(status: Int, headers: HeaderFields, body: [UInt8])
        case over
    }

    private let plan: EmbeddingsPlan
    private let outlet: any ReplyOutlet
    private let start = ContinuousClock.now
    private var reply = Reply.waiting
    private var isRequestRecorded = false
    private var isRecorded = false
    /// What reads a reply that is encoded.
    private var encoded: EncodedReply?
    /// What a refusal takes of the bytes that all bodies may.
    private var share: BodyBudget.Share

    init(plan: EmbeddingsPlan, outlet: any ReplyOutlet) {
        self.plan = plan
        self.outlet = outlet
        share = BodyBudget.Share(owner: plan.tenant.environmentID)
        plan.services.recorder.begin()
    }

    func sent() {
        if isRequestRecorded { return }
        isRequestRecorded = true
        if let metrics = plan.services.metrics {
            metrics.stitched(by: plan.resolution.source)
            metrics.stripped(plan.reading.frames)
            metrics.ignored(plan.events.ignoredHeaders)
        }
        record(plan.events.request(plan.reading, at: Identifiers.now()))
    }

    // MARK: What the upstream tells

    func replied(status: Int, headers: HeaderFields) {
        encoded = EncodedReply(headers)
        guard status.isSuccess else {
            reply = .refusal(status: status, headers: headers, body: [])
            return
        }
        reply = .passing(encoded?.isReadable == false ? nil : EmbeddingReply())
        outlet.begin(.passing(status, headers, from: plan.provider, trace: plan.resolution.id))
    }

    func received(_ bytes: UpstreamBytes) {
        switch reply {
        case .passing(var embeddings):
            // Taken out while it reads, so that what it keeps has one owner.
            reply = .over
            if let decoded = encoded?.read(bytes) {
                embeddings?.read(decoded.span)
            } else {
                embeddings?.read(bytes.readableBytesUInt8Span)
            }
            reply = .passing(embeddings)
            // Before the byte goes that ends it (PRX-60).
            if embeddings?.isEnded == true { recordReply(embeddings, .complete) }
            outlet.send(bytes)
        case .refusal(let status, let headers, var body):
            guard body.count + bytes.readableBytes <= plan.services.configuration.maximumReplyBytes else {
                let limit = plan.services.configuration.maximumReplyBytes
                return refuse(UpstreamClient.tooLarge(limit, plan.provider))
            }
            reply = .over
            body.append(contentsOf: bytes.readableBytesView)
            let isHeld = plan.services.bodies.holds(body.count, &share)
            reply = .refusal(status: status, headers: headers, body: body)
            if !isHeld { refuse(UpstreamClient.noRoom(plan.provider)) }
        case .waiting, .over:
            break
        }
    }

    func ended() {
        switch reply {
        case .passing(let embeddings):
            // What was cut off inside its encoding could not be read.
            encoded?.finish()
            recordReply(embeddings, .complete)
        case .refusal(let status, let headers, let body):
            var message = "The upstream '\(plan.provider.name)' answered with status \(status)."
            var read: [UInt8]? = body
            if let encoded {
                let limit = plan.services.configuration.maximumReplyBytes
                do throws(EncodedReply.Unread) {
                    read = try encoded.whole(body, limit: limit, plan.services.bodies, &share)
                } catch {
                    read = nil
                    message += " \(encoded.note(error))"
                }
            }
            recordError(message, status, read)
            let masked = plan.provider.masking(body, encoded)
            outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .whole(masked)))
        case .waiting, .over:
            return
        }
        end()
        outlet.finish()
    }

    func failed(_ fault: UpstreamFault) {
        sent()
        let error = UpstreamClient.error(fault, provider: plan.provider)
        outlet.note(error.code)
        switch reply {
        case .waiting, .refusal: refuse(error)
        case .passing(let embeddings):
            if !isRecorded {
                recordReply(embeddings, .upstreamError)
                recordError(error.message, error.status, nil)
            }
            end()
            outlet.breakOff()
        case .over: break
        }
    }

    func clientLeft() {
        sent()
        switch reply {
        case .waiting, .refusal: recordReply(nil, .clientDisconnected)
        case .passing(let embeddings): recordReply(embeddings, .clientDisconnected)
        case .over: return
        }
        end()
    }

    private func refuse(_ error: ProxyError) {
        recordError(error.message, error.status, nil)
        var head = ProxyResponder.reply(error, .openai, id: plan.span)
        head.headers.append(trace: plan.resolution.id)
        outlet.begin(head)
        end()
        outlet.finish()
    }

    private func end() {
        reply = .over
        plan.services.bodies.giveBack(&share)
        plan.services.recorder.end()
    }

    // MARK: Records

    private func recordReply(_ embeddings: EmbeddingReply?, _ ending: ExchangeEvents.Ending) {
        if isRecorded { return }
        isRecorded = true
        if let metrics = plan.services.metrics {
            if let usage = embeddings?.usage { metrics.counted(usage, .openai) }
            if embeddings?.isEnded != true { metrics.truncated() }
        }
        let latency = Moment.milliseconds(since: start)
        let now = Identifiers.now()
        let event = plan.events.reply(
            embeddings,
            unreadEncoding: encoded?.isReadable == false ? encoded?.encoding : nil,
            to: plan.reading,
            ending: ending,
            latency: latency,
            at: now
        )
        record(plan.provider.redacting(event))
    }

    private func recordError(_ message: String, _ status: Int, _ body: [UInt8]?) {
        record(
            plan.events.error(
                message: message,
                status: status,
                body: body.map { plan.provider.redacting($0) },
                model: plan.reading.model,
                latency: Moment.milliseconds(since: start),
                at: Identifiers.now()
            )
        )
    }

    private func record(_ event: Event) {
        plan.services.recorder.record([event], tenant: plan.tenant)
    }

    private func returned(_ headers: HeaderFields) -> HeaderFields {
        var headers = UpstreamClient.returned(headers, from: plan.provider)
        headers.append(trace: plan.resolution.id)
        return headers
    }
}

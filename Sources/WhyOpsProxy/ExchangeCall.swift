import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsStore

/// One exchange of a recorded route: forwards the request, passes the reply on, records both.
///
/// It runs in a task of its own that is cancelled when the client goes, and ends in exactly one of three ways:
/// with a reply, with an error of ours, or without a client.
struct ExchangeCall: Sendable {
    let services: ProxyServices
    let tenant: Tenant
    let provider: Provider
    let reading: RequestReading
    let resolution: TraceResolution
    let events: ExchangeEvents
    /// The signature for the reply; `nil` where it must not carry one.
    let frame: [UInt8]?
    let request: HTTPClientRequest
    private let start = ContinuousClock.now
    private let idle: IdleWatch

    init(
        services: ProxyServices,
        tenant: Tenant,
        provider: Provider,
        reading: RequestReading,
        resolution: TraceResolution,
        events: ExchangeEvents,
        frame: [UInt8]?,
        request: HTTPClientRequest
    ) {
        self.services = services
        self.tenant = tenant
        self.provider = provider
        self.reading = reading
        self.resolution = resolution
        self.events = events
        self.frame = frame
        self.request = request
        idle = IdleWatch(seconds: services.configuration.timeouts.idle)
    }

    func run(_ outlet: ReplyOutlet) async {
        await idle.guarding { await perform(outlet) }
    }

    private func perform(_ outlet: ReplyOutlet) async {
        record([events.request(reading, at: Identifiers.now())])
        let response: HTTPClientResponse
        do {
            response = try await services.upstream.execute(request, provider)
        } catch {
            return end(outlet, with: error)
        }
        let isSuccess = (200..<300).contains(response.status.code)
        if !isSuccess {
            await passError(response, outlet)
        } else if isEventStream(response), response.headers["content-encoding"].isEmpty {
            await passStream(response, outlet)
        } else {
            await passWhole(response, outlet)
        }
    }

    // MARK: The three kinds of reply

    /// A reply that came as one body.
    private func passWhole(_ response: HTTPClientResponse, _ outlet: ReplyOutlet) async {
        let body: [UInt8]
        do {
            body = try await idle.collect(response.body, upTo: services.configuration.maximumReplyBytes)
        } catch {
            return end(outlet, with: error)
        }
        guard response.headers["content-encoding"].isEmpty else {
            return passUnread(response, body, outlet)
        }
        guard
            var reply = WholeReply(
                body,
                format: reading.format,
                frame: frame,
                policy: services.configuration.signaturePolicy,
                lineage: events.lineage
            )
        else {
            let error = ProxyError(
                status: 502,
                code: "upstream_not_json",
                message: "The upstream '\(provider.name)' answered \(response.status.code) with a body that is not "
                    + "JSON (content type '\(response.headers.first(name: "content-type") ?? "none")')."
            )
            return refuse(outlet, error, upstreamBody: body)
        }
        services.echoes.insert(reply.takeEchoes(), trace: resolution.id, tenant: tenant)
        recordReply(reply.capture, .complete, firstToken: nil)
        let head = ReplyHead(
            status: Int(response.status.code),
            headers: headers(response),
            body: .whole(ByteBuffer(bytes: body.applying(reply.edits)))
        )
        outlet.begin(head)
        outlet.finish()
    }

    /// A body that the upstream encoded although it was asked not to: it goes as it came, and only that is recorded.
    private func passUnread(_ response: HTTPClientResponse, _ body: [UInt8], _ outlet: ReplyOutlet) {
        var capture = ReplyCapture()
        capture.markIncomplete()
        recordReply(capture, .complete, firstToken: nil)
        outlet.begin(
            ReplyHead(
                status: Int(response.status.code),
                headers: headers(response),
                body: .whole(ByteBuffer(bytes: body))
            )
        )
        outlet.finish()
    }

    /// A reply that comes event by event.
    private func passStream(_ response: HTTPClientResponse, _ outlet: ReplyOutlet) async {
        var stream = ReplyStream(
            format: reading.format,
            frame: frame,
            policy: services.configuration.signaturePolicy,
            lineage: events.lineage
        )
        var firstToken: Int?
        var isRecorded = false
        outlet.begin(
            ReplyHead(status: Int(response.status.code), headers: headers(response), body: .stream(length: nil))
        )
        do {
            var iterator = response.body.makeAsyncIterator()
            while let buffer = try await idle.next(&iterator) {
                let output = stream.read(buffer.readableBytesUInt8Span)
                if firstToken == nil, stream.hasSpoken { firstToken = Moment.milliseconds(since: start) }
                services.echoes.insert(stream.takeEchoes(), trace: resolution.id, tenant: tenant)
                if stream.hasEnded, !isRecorded {
                    // A client is done with the event that ends the reply, before the connection says so (PRX-60).
                    recordReply(stream.capture, .complete, firstToken: firstToken)
                    isRecorded = true
                }
                await outlet.send(output)
                try Task.checkCancellation()
            }
        } catch {
            let rest = stream.finish()
            // The last event may have lacked only its blank line (EXC-31, TRC-6).
            services.echoes.insert(stream.takeEchoes(), trace: resolution.id, tenant: tenant)
            if isRecorded {
                await outlet.send(rest)
            } else if clientHasGone {
                recordReply(stream.capture, .clientDisconnected, firstToken: firstToken)
            } else {
                recordReply(stream.capture, .upstreamError, firstToken: firstToken)
                recordError(fault(error), body: nil)
                await outlet.send(rest)
            }
            return outlet.fail(error)
        }
        let rest = stream.finish()
        services.echoes.insert(stream.takeEchoes(), trace: resolution.id, tenant: tenant)
        // Recorded before the last bytes go, so that who has the reply can rely on its event being on its way (PRX-60).
        if !isRecorded {
            let capture = stream.capture
            recordReply(capture, capture.isFinished ? .complete : .upstreamError, firstToken: firstToken)
            // EXC-60
            if !capture.isFinished, capture.error == nil { recordError(UpstreamClient.cutOff(provider), body: nil) }
        }
        await outlet.send(rest)
        outlet.finish()
    }

    /// A refusal of the upstream's: it goes as it came (EXC-23).
    private func passError(_ response: HTTPClientResponse, _ outlet: ReplyOutlet) async {
        let body: [UInt8]
        do {
            body = try await idle.collect(response.body, upTo: services.configuration.maximumReplyBytes)
        } catch {
            return end(outlet, with: error)
        }
        let status = Int(response.status.code)
        record([
            events.error(
                message: "The upstream '\(provider.name)' answered with status \(status).",
                status: status,
                body: provider.redacting(body),
                model: reading.model,
                latency: Moment.milliseconds(since: start),
                at: Identifiers.now()
            )
        ])
        outlet.begin(
            ReplyHead(status: status, headers: headers(response), body: .whole(ByteBuffer(bytes: body)))
        )
        outlet.finish()
    }

    // MARK: Ends without a reply

    private func end(_ outlet: ReplyOutlet, with error: any Error) {
        if clientHasGone {
            recordReply(ReplyCapture(), .clientDisconnected, firstToken: nil)
            outlet.fail(error)
        } else if error is ReplyTooLarge {
            let limit = services.configuration.maximumReplyBytes
            refuse(
                outlet,
                ProxyError(
                    status: 502,
                    code: "upstream_reply_too_large",
                    message: "The upstream '\(provider.name)' answered with more than \(limit) bytes."
                ),
                upstreamBody: nil
            )
        } else {
            refuse(outlet, fault(error), upstreamBody: nil)
        }
    }

    /// Only two things cancel this task: a client that goes, and an upstream that is silent for too long.
    private var clientHasGone: Bool { Task.isCancelled && !idle.hasExpired }

    private func fault(_ error: any Error) -> ProxyError {
        idle.hasExpired
            ? UpstreamClient.silence(services.configuration.timeouts.idle, provider: provider)
            : UpstreamClient.fault(error, provider: provider)
    }

    private func refuse(_ outlet: ReplyOutlet, _ error: ProxyError, upstreamBody: [UInt8]?) {
        recordError(error, body: upstreamBody)
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        addTrace(to: &headers)
        outlet.begin(
            ReplyHead(
                status: error.status,
                headers: headers,
                body: .whole(ByteBuffer(bytes: error.body(for: reading.format.vendor)))
            )
        )
        outlet.finish()
    }

    // MARK: Records

    private func recordReply(_ capture: ReplyCapture, _ ending: ExchangeEvents.Ending, firstToken: Int?) {
        var list = events.reply(
            capture,
            model: reading.model,
            ending: ending,
            latency: Moment.milliseconds(since: start),
            firstToken: firstToken,
            at: Identifiers.now()
        )
        // The error that a stream ended with may repeat the credential as any other may.
        for index in list.indices where list[index].eventType == .error {
            list[index].content = list[index].content.map(provider.redacting)
        }
        record(list)
    }

    private func recordError(_ error: ProxyError, body: [UInt8]?) {
        record([
            events.error(
                message: error.message,
                status: error.status,
                body: body.map(provider.redacting),
                model: reading.model,
                latency: Moment.milliseconds(since: start),
                at: Identifiers.now()
            )
        ])
    }

    private func record(_ list: [Event]) {
        services.recorder.record(list, tenant: tenant)
    }

    // MARK: Headers

    private func headers(_ response: HTTPClientResponse) -> HTTPFields {
        var headers = UpstreamClient.returned(response.headers)
        addTrace(to: &headers)
        return headers
    }

    /// TRC-8.
    private func addTrace(to headers: inout HTTPFields) {
        headers[.traceID] = resolution.id.text
        headers[.threadID] = resolution.id.text
    }

    private func isEventStream(_ response: HTTPClientResponse) -> Bool {
        let type = response.headers.first(name: "content-type")?.split(separator: ";").first ?? ""
        return type.trimmingPrefix(while: \.isWhitespace).lowercased().hasPrefix("text/event-stream")
    }
}

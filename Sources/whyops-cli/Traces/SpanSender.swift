import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WhyOpsCommand
import WhyOpsGzip
import WhyOpsInterop

/// Sends spans to a receiver of OTLP/HTTP, in requests of bounded size (IOP-22 to IOP-25).
struct SpanSender {
    /// What one request has at most.
    static let maximumSpans = 512
    static let maximumWeight = 4 << 20
    /// How often a receiver that is overloaded is asked again, and how long it may ask us to wait.
    private static let attempts = 8
    private static let maximumPause = Duration.seconds(300)

    let address: String
    let resource: OTLPResource
    let options: TraceExportOptions
    private let headers: [(name: String, value: String)]
    private let gzip: Bool
    private let limit: Duration
    private let client: HTTPClient
    private var isProtobuf: Bool
    private let mayChange: Bool
    private(set) var sent = 0
    private(set) var refused = 0

    init(
        _ collector: CollectorOptions,
        to address: String,
        headers: [(name: String, value: String)],
        resource: OTLPResource,
        options: TraceExportOptions
    ) {
        self.address = address
        self.headers = headers
        self.resource = resource
        self.options = options
        gzip = collector.gzip
        limit = .seconds(collector.timeout ?? 60)
        isProtobuf = collector.encoding == .protobuf
        mayChange = collector.encoding == nil
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func close() async { try? await client.shutdown() }

    /// What was sent, for a person.
    var text: String { "\(sent == 1 ? "1 span" : "\(sent) spans") sent, \(refused) refused." }

    mutating func send(_ spans: [OTLPSpan]) async throws {
        for batch in Self.batches(spans) { try await send(batch: batch) }
    }

    /// As many spans together as one request may have; one alone may have more bytes.
    static func batches(_ spans: [OTLPSpan]) -> [ArraySlice<OTLPSpan>] {
        var batches: [ArraySlice<OTLPSpan>] = []
        var start = 0
        var weight = 0
        for (place, span) in spans.enumerated() {
            if place > start, place - start == maximumSpans || weight + span.weight > maximumWeight {
                batches.append(spans[start..<place])
                start = place
                weight = 0
            }
            weight += span.weight
        }
        return start < spans.count ? batches + [spans[start...]] : batches
    }

    private mutating func send(batch: ArraySlice<OTLPSpan>) async throws {
        let answer = try await ask(batch)
        switch answer.status {
        case 200..<300:
            let reply = OTLPReply(answer.body)
            let rejected = min(reply.rejected, batch.count)
            sent += batch.count - rejected
            refused += rejected
            if let message = reply.message {
                Terminal.note("\(address) refused \(rejected) of \(batch.count) spans: \(short(message))")
            } else if rejected > 0 {
                Terminal.note("\(address) refused \(rejected) of \(batch.count) spans.")
            }
        case 415 where mayChange && !isProtobuf:
            isProtobuf = true
            try await send(batch: batch)
        case 413 where batch.count > 1:
            let middle = batch.startIndex + batch.count / 2
            try await send(batch: batch[..<middle])
            try await send(batch: batch[middle...])
        case 400, 413, 422:
            refused += batch.count
            Terminal.note("\(address) refused \(batch.count) spans with status \(answer.status)\(answer.said)")
        default:
            // Whom it knows not now it will not know for the next request.
            throw CommandFailure("\(address) answered with status \(answer.status)\(answer.said)")
        }
    }

    private struct Answer {
        var status: Int
        var body: [UInt8]
        var retryAfter: Duration?

        /// What a person can read of it.
        var said: String {
            let text = String(decoding: body.prefix(300), as: UTF8.self)
            return text.isEmpty ? "." : ": \(plain(text))"
        }
    }

    private func short(_ text: String) -> String { plain(String(text.prefix(500))) }

    /// Asks again where the receiver says that it has no room now, as OTLP has it.
    private func ask(_ batch: ArraySlice<OTLPSpan>) async throws -> Answer {
        let request = OTLPRequest(Array(batch), resource: resource, options: options)
        var body = isProtobuf ? request.protobuf : request.json
        if gzip {
            guard let packed = GzipEncoder.encode(body) else { throw CommandFailure("There is no memory to compress.") }
            body = packed
        }
        var pause = Duration.milliseconds(500)
        var attempt = 1
        while true {
            let answer = try await post(body)
            guard [429, 502, 503, 504].contains(answer.status), attempt < Self.attempts else { return answer }
            try await Task.sleep(for: min(answer.retryAfter ?? pause, Self.maximumPause))
            pause *= 2
            attempt += 1
        }
    }

    private func post(_ body: [UInt8]) async throws -> Answer {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "content-type", value: isProtobuf ? "application/x-protobuf" : "application/json")
        request.headers.add(name: "user-agent", value: "whyops")
        if gzip { request.headers.add(name: "content-encoding", value: "gzip") }
        for header in headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            return try await Self.whole(request, client, within: limit)
        } catch {
            if error is CancellationError { throw error }
            if error is TooLate {
                throw CommandFailure("\(address) gave no whole answer in \(limit.components.seconds) s (--timeout).")
            }
            throw CommandFailure("\(address) cannot be asked: \(connectionFault(error)).")
        }
    }

    private struct TooLate: Error {}

    /// The answer with its body: the client's own limit would end with the head.
    private static func whole(
        _ request: HTTPClientRequest,
        _ client: HTTPClient,
        within limit: Duration
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                let response = try await client.execute(request, deadline: .distantFuture)
                let seconds = response.headers.first(name: "retry-after").flatMap { Int($0) }
                return Answer(
                    status: Int(response.status.code),
                    body: Array(try await response.body.collect(upTo: 4 << 20).readableBytesView),
                    retryAfter: seconds.map { .seconds(max(0, min($0, 3600))) }
                )
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            guard let first = try await group.next(), let answer = first else { throw TooLate() }
            return answer
        }
    }
}

import NIOCore
import NIOHTTP1

/// One request on its way to an upstream and its reply on the way back, between two connections of one event loop.
final class UpstreamExchange {
    private(set) var request: UpstreamRequest
    private let call: any UpstreamCall
    /// Until the exchange is over: a weak reference would make every other one to the connection dearer.
    private var client: ClientConnection?
    private var channel: UpstreamChannel?
    private var isOver = false

    init(request: UpstreamRequest, call: any UpstreamCall, client: ClientConnection) {
        self.request = request
        self.call = call
        self.client = client
    }

    /// Sends the request on a connection that is open, or on a new one.
    func start(_ pool: UpstreamPool) {
        if let channel = pool.take(request.origin) { return attach(channel) }
        pool.connect(request.origin, of: request.owner) { result in
            switch result {
            case .success(let channel) where self.isOver: channel.abort()
            case .success(let channel): self.attach(channel)
            case .failure(let fault): self.fail(fault)
            }
        }
    }

    private func attach(_ channel: UpstreamChannel) {
        self.channel = channel
        client?.waitForUpstream()
        channel.begin(self)
        if case .streamed = request.body, !isOver { client?.uploadReady() }
    }

    // MARK: From the client

    /// Whether there is a connection, so that a reply can be waited for.
    var isConnected: Bool { channel != nil }

    /// Whether the upstream takes more of the client's body.
    var takesBody: Bool { channel?.isWritable == true }

    func send(_ bytes: ByteBuffer) {
        channel?.send(bytes)
    }

    func flush() {
        channel?.flush()
    }

    func endBody() {
        channel?.end()
    }

    /// The client takes more of the reply.
    func resume() {
        channel?.read()
    }

    /// Gives up because the client has gone or has had its answer.
    func cancel() {
        if isOver { return }
        isOver = true
        channel?.abort()
        channel = nil
        client = nil
    }

    // MARK: From the upstream

    /// The request is written out; nothing sends it again.
    func requestSent() {
        if case .whole = request.body { request.body = .none }
        if !isOver { client?.giveBackBody() }
    }

    func replied(_ head: HTTPResponseHead) {
        if isOver { return }
        client?.upstreamSpoke()
        let headers = HeaderFields(head.headers)
        if headers.holdsControls { return fail(.broken("the reply is not HTTP")) }
        if headers.contains(.transferEncoding), !Self.isDecoded(head.headers[HeaderName.transferEncoding.text]) {
            return fail(.broken("its transfer coding is not chunked"))
        }
        // Interim replies do not come this far; another status is no end of any request.
        guard (200...599).contains(head.status.code) else { return fail(.broken("its status is not one of HTTP")) }
        call.replied(status: Int(head.status.code), headers: headers)
    }

    /// Whether the parser of HTTP takes off all that was put on for the transfer (PRX-223): one `chunked`, where it stands
    /// last and no tab beside it.
    private static func isDecoded(_ values: [String]) -> Bool {
        let codings = values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map {
            $0.utf8.contains(UInt8(ascii: "\t")) ? "" : String($0).trimmingSpaces.loweredHeader
        }
        return codings.dropLast().allSatisfy { $0 == "identity" }
            && (codings.last == "chunked" || codings.last == "identity")
    }

    func received(_ bytes: ByteBuffer) {
        if isOver { return }
        client?.upstreamSpoke()
        call.received(bytes)
    }

    func ended() {
        if isOver { return }
        isOver = true
        channel = nil
        client?.upstreamIsOver()
        client = nil
        call.ended()
    }

    func fail(_ fault: UpstreamFault) {
        if isOver { return }
        isOver = true
        channel?.abort()
        channel = nil
        client?.upstreamIsOver()
        client = nil
        call.failed(fault)
    }

    /// Passes on what has been written; says whether more may come.
    func readComplete() -> Bool {
        guard let client, !isOver else { return false }
        return client.takesMore()
    }

    func uploadReady() {
        if !isOver { client?.uploadReady() }
    }

    /// The client has gone.
    func clientLeft() {
        if isOver { return }
        cancel()
        call.clientLeft()
    }
}

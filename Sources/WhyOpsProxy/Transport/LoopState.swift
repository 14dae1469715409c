import NIOCore

/// What the connections of one event loop share.
final class LoopState {
    let loop: any EventLoop
    let responder: ProxyResponder
    let pool: UpstreamPool
    var date = HTTPDate()
    private var connections: [ObjectIdentifier: ClientConnection] = [:]
    private(set) var isDraining = false
    private var whenEmpty: EventLoopPromise<Void>?

    init(loop: any EventLoop, responder: ProxyResponder, pool: UpstreamPool) {
        self.loop = loop
        self.responder = responder
        self.pool = pool
    }

    func add(_ connection: ClientConnection) {
        connections[ObjectIdentifier(connection)] = connection
        if isDraining { connection.drain() }
    }

    func remove(_ connection: ClientConnection) {
        connections[ObjectIdentifier(connection)] = nil
        if connections.isEmpty, isDraining { finish() }
    }

    /// Lets every connection finish the request that it is at; the future ends with the last of them.
    func drain() -> EventLoopFuture<Void> {
        let promise = whenEmpty ?? loop.makePromise()
        whenEmpty = promise
        isDraining = true
        for connection in connections.values { connection.drain() }
        if connections.isEmpty { finish() }
        return promise.futureResult
    }

    /// Ends every connection at once.
    func close() {
        for connection in connections.values { connection.cutOff() }
    }

    private func finish() {
        pool.close()
        whenEmpty?.succeed()
        whenEmpty = nil
    }
}

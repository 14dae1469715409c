import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lets a listener rest for a moment when the system has no file or memory for another connection.
///
/// The connection stays in the listener's queue, which tells of it again at once and without end: trying again at once
/// would take all the time that those need who could end and make room (PRX-124).
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let log: RequestLog
    private var isPaused = false

    private static let pause = TimeAmount.milliseconds(100)

    init(log: RequestLog) {
        self.log = log
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else {
            return context.fireErrorCaught(error)
        }
        if isPaused { return }
        isPaused = true
        log.cannotAccept(code)
        let channel = context.channel
        set(channel, reading: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isPaused = false
            self.set(channel, reading: true)
        }
    }

    private func set(_ channel: any Channel, reading: Bool) {
        // It fails for a listener that is closed, which reads no more.
        try? channel.syncOptions?.setOption(.autoRead, value: reading)
    }
}

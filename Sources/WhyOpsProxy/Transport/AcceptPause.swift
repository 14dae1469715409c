package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lets a listener rest for a moment when the system has no file or memory for another connection, or hardly any file.
///
/// The connection stays in the listener's queue, which tells of it again at once and without end: trying again at once
/// would take all the time that those need who could end and make room (PRX-124).
package final class AcceptPause: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias OutboundIn = Never

    private let log: ListenerLog
    private var isPaused = false

    private static let pause = TimeAmount.milliseconds(100)

    init(log: ListenerLog) {
        self.log = log
    }

    /// Lets a listener rest that is open already.
    package static func add(to listener: any Channel, log: ListenerLog) async {
        let added = listener.eventLoop.submit {
            try listener.pipeline.syncOperations.addHandler(AcceptPause(log: log), position: .first)
        }
        // It fails for a listener that is closed, which accepts nothing more.
        try? await added.get()
    }

    /// Asked before each look at the listener's queue.
    package func read(context: ChannelHandlerContext) {
        if isPaused { return }
        if FileReserve.isKept { return context.read() }
        isPaused = true
        log.cannotAccept(EMFILE)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isPaused = false
            self.read(context: context)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
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

import NIOCore
import Synchronization

/// Notices that a client has gone while its request is being worked on, also when nothing is written to it.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = Any

    private enum State {
        case open(onClose: (@Sendable () -> Void)?)
        case closed
    }

    private let state = Mutex(State.open(onClose: nil))

    func handlerAdded(context: ChannelHandlerContext) {
        // Otherwise a client that closes looks like one that has only finished sending.
        _ = context.channel.setOption(.allowRemoteHalfClosure, value: false)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let action = state.withLock { state in
            defer { state = .closed }
            if case .open(let onClose) = state { return onClose }
            return nil
        }
        action?()
        context.fireChannelInactive()
    }

    /// Calls `action` when the client goes, at once if it has gone already; replaces the action before.
    func onClose(_ action: @escaping @Sendable () -> Void) {
        let isClosed = state.withLock { state in
            guard case .open = state else { return true }
            state = .open(onClose: action)
            return false
        }
        if isClosed { action() }
    }

    /// Forgets the action, so that a connection that is kept alive does not keep what has ended.
    func clear() {
        state.withLock { state in
            if case .open = state { state = .open(onClose: nil) }
        }
    }
}

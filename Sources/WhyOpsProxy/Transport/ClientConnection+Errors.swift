import NIOCore
import NIOHTTP1

/// What becomes of a connection on which something comes that is no request.
extension ClientConnection {
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard isOfDecoder(error) else { return abandon() }
        // After the last request nothing that comes is read any more.
        if isLast, intake == .ended || progress == .ended {
            isSpoiled = true
            return
        }
        dropUnfinished()
        if isCurrentWhole { return spoil() }
        switch intake {
        case .idle where !waiting.isEmpty: spoil()
        case .discarding where progress == .ended:
            isLast = true
            isSpoiled = true
            next()
        case .idle, .held, .collecting:
            // An answer that is still being looked for comes too late.
            forgetQuestion()
            if intake == .idle {
                head = Self.noHead
                ownTime.reset()
                replyHeaders = []
                open(.unread)
            }
            refuse(error as? HTTPParserError)
        default: abandon()
        }
    }

    /// Forgets what has come of a request that will never be whole. Those before it keep their replies (PRX-113).
    private func dropUnfinished() {
        while let last = waiting.last, !Self.isEnd(last) { waiting.removeLast() }
    }

    /// Whether all of the request that is being worked on has come: its end is taken, or waits in front of others.
    private var isCurrentWhole: Bool {
        switch intake {
        case .ended: true
        case .idle: false
        case .held, .collecting, .forwarding, .discarding: !waiting.isEmpty
        }
    }

    /// What comes is no request, and does not spoil the replies to those that were whole before it.
    private func spoil() {
        isSpoiled = true
        if intake != .idle, !waiting.contains(where: Self.isHead) { isLast = true }
    }

    private func isOfDecoder(_ error: any Error) -> Bool {
        error is HTTPParserError || error is NIOHTTPDecoderError || error is ByteToMessageDecoderError
            || error is ByteToMessageDecoderError.PayloadTooLargeError
    }

    private func refuse(_ error: HTTPParserError?) {
        if error == .headerOverflow { return refuse(431, "The head of the request is too large.") }
        refuse(400, "What came is not HTTP/1.1 as RFC 9112 wants it.")
    }
}

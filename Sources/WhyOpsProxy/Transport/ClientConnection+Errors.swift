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
        switch intake {
        case .ended:
            // What follows a whole request does not spoil its reply.
            isLast = true
            isSpoiled = true
            waiting.removeAll()
        case .discarding where progress == .ended, .idle where !waiting.isEmpty:
            isLast = true
            isSpoiled = true
            waiting.removeAll()
            next()
        case .idle, .held, .collecting:
            // An answer that is still being looked for comes too late.
            turn += 1
            if intake == .idle {
                head = Self.noHead
                ownTime.reset()
                replyHeaders = []
                open(.unread)
            }
            whenCollected = nil
            refuse(error as? HTTPParserError)
        default: abandon()
        }
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

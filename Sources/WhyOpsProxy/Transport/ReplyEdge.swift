import NIOCore
import NIOHTTP1

/// Where the bytes of a connection to an upstream end a reply, as they come, in front of the decoder.
///
/// The decoder keeps the beginning of a head to itself. A connection on which anything follows a reply must serve no
/// other request, since that would be answered with it (PRX-109).
final class ReplyEdge: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What of a reply decides where it ends.
    private enum Framing {
        case awaitingHead
        /// Its length: so many bytes are still to come after the last piece, less than none where more came.
        case length(left: Int)
        /// An empty line: that of its head, or that behind its last chunk.
        case emptyLine
        /// It cannot be told.
        case unknown
    }

    /// What it belongs to, as long as that is in the pipeline: a weak reference would make every other one to it dearer.
    var channel: UpstreamChannel?
    private var framing = Framing.awaitingHead
    /// The size of the last piece, in bytes.
    private var count = 0
    /// Where the first head of the last piece ends in it, looked for only where one is awaited.
    private var endOfHead: Int?
    private var endsWithEmptyLine = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let piece = unwrapInboundIn(data)
        guard let channel, channel.isInUse else {
            channel?.spoil()
            return
        }
        count = piece.readableBytes
        let bytes = piece.readableBytesUInt8Span
        endsWithEmptyLine = Self.endOfLine(in: bytes, from: max(0, count - 4)) == count
        endOfHead = nil
        switch framing {
        case .awaitingHead: endOfHead = Self.endOfLine(in: bytes, from: 0)
        case .length(let left): framing = .length(left: left - count)
        case .emptyLine, .unknown: break
        }
        context.fireChannelRead(data)
    }

    /// A request begins.
    func begin() {
        framing = .awaitingHead
    }

    /// The head of the reply has come in the last piece.
    func replied(_ head: HTTPResponseHead, isBodyless: Bool) {
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        if isBodyless || length == 0 || head.headers.contains(name: "transfer-encoding") {
            framing = .emptyLine
        } else if let endOfHead {
            framing = .length(left: endOfHead + length - count)
        } else {
            framing = .unknown
        }
    }

    /// Whether the reply ended where the last piece did.
    var isClean: Bool {
        switch framing {
        case .awaitingHead, .unknown: false
        case .emptyLine: endsWithEmptyLine
        case .length(let left): left == 0
        }
    }

    /// Behind the first empty line from some place on.
    private static func endOfLine(in bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index + 4 <= bytes.count {
            if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                return index + 4
            }
            index += 1
        }
        return nil
    }
}

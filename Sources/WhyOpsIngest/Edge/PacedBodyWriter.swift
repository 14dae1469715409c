import HTTPTypes
import Hummingbird
import NIOCore

/// Writes an answer piece by piece, each after most of those before it have gone to the client (ING-106).
///
/// A channel takes whatever it is given and holds it until the client does; it only says afterwards that it is full.
struct PacedBodyWriter: ResponseBodyWriter {
    private static let pieceBytes = 64 << 10

    private var base: any ResponseBodyWriter
    private let eventLoop: any EventLoop

    init(_ base: any ResponseBodyWriter, on eventLoop: any EventLoop) {
        self.base = base
        self.eventLoop = eventLoop
    }

    @concurrent
    mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceBytes)), piece.readableBytes > 0 {
            try await base.write(piece)
            // The loop does one thing after the other: when this is done it has had the piece, and the next one waits where
            // that was too much.
            try await eventLoop.submit {}.get()
        }
    }

    @concurrent
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await base.finish(trailingHeaders)
    }
}

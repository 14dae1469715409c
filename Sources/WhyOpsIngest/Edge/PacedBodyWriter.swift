import HTTPTypes
import Hummingbird
import NIOCore

/// Writes an answer piece by piece, each after most of those before it have gone to the client (ING-106), and closes the
/// connection of a client that takes none for too long (ING-131).
///
/// A channel takes whatever it is given and holds it until the client does; it only says afterwards that it is full.
struct PacedBodyWriter: ResponseBodyWriter {
    private static let pieceBytes = 64 << 10

    private var base: any ResponseBodyWriter
    private let channel: any Channel
    /// How long a piece may take.
    private let patience: TimeAmount

    init(_ base: any ResponseBodyWriter, on channel: any Channel, patience: TimeAmount) {
        self.base = base
        self.channel = channel
        self.patience = patience
    }

    @concurrent
    mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceBytes)), piece.readableBytes > 0 {
            let end = closeWhenLate()
            defer { end.cancel() }
            try await base.write(piece)
            // The loop does one thing after the other: when this is done it has had the piece, and the next one waits where
            // that was too much.
            try await channel.eventLoop.submit {}.get()
        }
    }

    @concurrent
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        let end = closeWhenLate()
        defer { end.cancel() }
        try await base.finish(trailingHeaders)
    }

    /// The server's own limit for connections that stand still does not hold while it answers.
    private func closeWhenLate() -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: patience) { [channel] in channel.close(promise: nil) }
    }
}

import NIOCore
import WhyOpsEdge
import WhyOpsGzip

/// Reads a reply that the upstream encoded although it was asked not to, beside the bytes that go on as they came
/// (PRX-204).
struct EncodedReply {
    /// What the upstream says that it is in, short enough for an event.
    let encoding: String
    /// `nil` where the encoding is not read, and from where on it cannot be.
    private var decoder: GzipDecoder?

    /// The most that one piece of a stream may decode to, as much as an event of it may have (EXC-38).
    private static let largestPiece = 4 << 20
    /// How much is decoded before there has to be room for it, in bytes; 4 MiB at the most come of it.
    private static let step = 4 << 10

    /// - Returns: `nil` for a reply that is not encoded.
    init?(_ headers: HeaderFields) {
        let header = headers[.contentEncoding]
        let known = BodyEncoding(header: header)
        if known == .identity { return nil }
        encoding = String(decoding: (header ?? "").loweredHeader.utf8.prefix(64), as: UTF8.self)
        decoder = known == .gzip ? try? GzipDecoder() : nil
    }

    /// Whether all of what came could be read.
    var isReadable: Bool { decoder != nil }

    /// Why an error says nothing of what the upstream said.
    var unreadNote: String { "Its body is in '\(encoding)', which could not be read." }

    /// What a piece of a stream decodes to; nothing from where on it cannot be read.
    mutating func read(_ bytes: ByteBuffer) -> [UInt8] {
        guard let decoder else { return [] }
        var output: [UInt8] = []
        do throws(GzipDecoder.Fault) {
            try Self.decode(bytes.readableBytesUInt8Span, with: decoder, into: &output, limit: Self.largestPiece)
        } catch {
            self.decoder = nil
        }
        // It has stopped within the piece.
        if output.count > Self.largestPiece { self.decoder = nil }
        return output
    }

    /// Says that the stream has come to its end.
    mutating func finish() {
        do throws(GzipDecoder.Fault) { try decoder?.end() } catch { decoder = nil }
    }

    /// What a whole body decodes to; `nil` where it cannot be read, is longer than the limit or finds no room.
    ///
    /// - Parameter share: of the budget; it has the body already, and its holder gives it back.
    consuming func whole(_ body: [UInt8], limit: Int, _ budget: BodyBudget, _ share: inout BodyBudget.Share) -> [UInt8]?
    {
        guard let decoder else { return nil }
        var output: [UInt8] = []
        var place = 0
        do throws(GzipDecoder.Fault) {
            while place < body.count {
                let end = min(place + Self.step, body.count)
                try Self.decode(body.span.extracting(place..<end), with: decoder, into: &output, limit: limit)
                if output.count > limit || !budget.holds(body.count + output.count, &share) { return nil }
                place = end
            }
            try decoder.end()
        } catch {
            return nil
        }
        return output
    }

    private static func decode(
        _ bytes: Span<UInt8>,
        with decoder: GzipDecoder,
        into output: inout [UInt8],
        limit: Int
    ) throws(GzipDecoder.Fault) {
        var fault: GzipDecoder.Fault?
        bytes.withUnsafeBytes { raw in
            do throws(GzipDecoder.Fault) {
                try decoder.decode(raw, into: &output, limit: limit)
            } catch {
                fault = error
            }
        }
        if let fault { throw fault }
    }
}

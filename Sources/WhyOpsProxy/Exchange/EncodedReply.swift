import NIOCore
import WhyOpsEdge
import WhyOpsGzip

/// Reads a reply that the upstream encoded although it was asked not to, beside the bytes that go on as they came
/// (PRX-204).
struct EncodedReply {
    /// Why a whole body was not read.
    enum Unread: Error {
        /// In an encoding that is not read at all.
        case unknown
        /// From about a byte of it on it is not what its encoding says.
        case damaged(near: Int)
        /// It ends before its encoding does.
        case cutOff(at: Int)
        /// It decodes to more than a reply may have.
        case tooLarge(limit: Int)
        /// It needs more memory than is left for bodies.
        case noRoom
    }

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
    func note(_ reason: Unread) -> String {
        let place =
            switch reason {
            case .unknown: "which could not be read"
            case .damaged(let place): "which is damaged near byte \(place)"
            case .cutOff(let place): "which breaks off at byte \(place)"
            case .tooLarge(let limit): "and decodes to more than \(limit) bytes"
            case .noRoom: "and there was no room to read it"
            }
        return "Its body is in '\(encoding)', \(place)."
    }

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

    /// What a whole body decodes to.
    ///
    /// - Parameter share: of the budget; it has the body already, and its holder gives it back.
    func whole(
        _ body: [UInt8],
        limit: Int,
        _ budget: BodyBudget,
        _ share: inout BodyBudget.Share
    ) throws(Unread) -> [UInt8] {
        guard let decoder else { throw .unknown }
        var output: [UInt8] = []
        var place = 0
        do throws(GzipDecoder.Fault) {
            while place < body.count, output.count <= limit {
                let end = min(place + Self.step, body.count)
                try Self.decode(body.span.extracting(place..<end), with: decoder, into: &output, limit: limit)
                if output.count <= limit, !budget.holds(body.count + output.count, &share) { break }
                place = end
            }
            if place == body.count { try decoder.end() }
        } catch {
            throw error == .cutOff ? .cutOff(at: place) : .damaged(near: place)
        }
        if output.count > limit { throw .tooLarge(limit: limit) }
        if place < body.count { throw .noRoom }
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

/// The invisible signature: a trace id inside visible text (`spec/signature.md`).
public enum InvisibleSignature {
    /// The scalars of version 1.
    enum V1 {
        static let start: UInt32 = 0x200B
        static let one: UInt32 = 0x200C
        static let zero: UInt32 = 0x200D
        static let end: UInt32 = 0x200E
    }

    /// The scalars of version 2.
    enum V2 {
        static let start: UInt32 = 0x2060

        /// The byte that a variation selector stands for.
        static func byte(of scalar: UInt32) -> UInt8? {
            switch scalar {
            case 0xFE00...0xFE0F: UInt8(truncatingIfNeeded: scalar - 0xFE00)
            case 0xE0100...0xE01EF: UInt8(truncatingIfNeeded: scalar - 0xE0100 + 16)
            default: nil
            }
        }

        /// The first byte of a frame: magic and version.
        static let magic: UInt8 = 0xE7
        /// The number of bytes of the tag.
        static let tagLength = 8
    }

    /// A version 1 frame as UTF-8: 6 bytes and 24 for each character of the id (SIG-1).
    ///
    /// - Returns: `nil` for an id that a frame cannot carry (SIG-2).
    /// - Complexity: O(1) in the text; one allocation.
    public static func encodeV1(_ id: TraceID) -> [UInt8]? {
        var frame: [UInt8] = []
        return appendV1(id, to: &frame) ? frame : nil
    }

    /// Appends a version 1 frame to a text of UTF-8 bytes (SIG-1).
    ///
    /// - Returns: `false`, with nothing appended, for an id that a frame cannot carry (SIG-2).
    /// - Complexity: O(1) in the text; allocates only where the array has to grow.
    public static func appendV1(_ id: TraceID, to text: inout [UInt8]) -> Bool {
        FrameV1.append(id.text.utf8.span, to: &text)
    }

    /// A version 2 frame as UTF-8: at most 107 bytes for a UUID, and 587 for the longest id (SIG-15, SIG-16).
    ///
    /// - Returns: `nil` for an id that a frame cannot carry (SIG-2).
    /// - Complexity: O(1) in the text.
    public static func encodeV2(_ id: TraceID, with key: SigningKey) -> [UInt8]? {
        guard id.isEmbeddable else { return nil }
        var payload: [UInt8] = []
        payload.reserveCapacity(3 + TraceID.maximumLength + V2.tagLength)
        payload.append(V2.magic)
        if let uuid = id.uuidBytes {
            payload.append(key.id << 4)
            payload += uuid
        } else {
            payload.append(key.id << 4 | 1)
            payload.append(UInt8(id.text.utf8.count))
            payload += id.text.utf8
        }
        let tag = key.tag(of: payload)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            payload.append(UInt8(truncatingIfNeeded: tag >> shift))
        }
        var frame: [UInt8] = []
        frame.reserveCapacity(3 + 4 * payload.count)
        frame += [0xE2, 0x81, 0xA0]
        for byte in payload {
            if byte < 16 {
                frame.append(0xEF)
                frame.append(0xB8)
                frame.append(0x80 | byte)
            } else {
                // U+E0100 and up: F3 A0 84..87 80..BF.
                let place = byte - 16
                frame.append(0xF3)
                frame.append(0xA0)
                frame.append(0x84 + place >> 6)
                frame.append(0x80 | place & 0x3F)
            }
        }
        return frame
    }

    /// The id that a text of UTF-8 bytes carries: of the last version 2 frame that verifies, else of the last version 1
    /// frame (SIG-3, SIG-4, SIG-5, SIG-18, SIG-19).
    ///
    /// - Parameters:
    ///   - keys: the keys of the caller's environment; without them no version 2 frame is read (SIG-13).
    ///   - acceptsV1: whether version 1 frames count.
    /// - Complexity: O(n); without keys only in what stands behind the last frame, where that is spelt in one piece.
    ///   Allocates only where a frame may stand.
    public static func extract(
        from text: Span<UInt8>,
        keys: SigningKeys? = nil,
        acceptsV1: Bool = true
    ) -> TraceID? {
        if keys == nil {
            // Without an end mark there is no frame that can be read, and none ends behind the last one.
            guard acceptsV1, let mark = FrameV1.lastEndMark(text) else { return nil }
            if let last = FrameV1.frame(text, endingAt: mark), let id = FrameV1.id(text, in: last) { return id }
        }
        guard let reading = read(text, in: 0..<text.count, escapes: false, keys: keys) else { return nil }
        return reading.verified ?? (acceptsV1 ? reading.traceID : nil)
    }

    /// The text without its whole frames (SIG-20, SIG-21); the same storage where there is none.
    ///
    /// - Parameter keys: the keys of the caller's environment; they matter only for version 2 frames that lost their
    ///   first character (SIG-42).
    /// - Complexity: O(n); allocates only where a frame may stand.
    public static func strip(_ text: [UInt8], keys: SigningKeys? = nil) -> [UInt8] {
        guard let reading = read(text.span, in: 0..<text.count, escapes: false, keys: keys) else { return text }
        return text.applying(reading.frames.map { ByteEdit($0) })
    }

    /// What a text says: where its whole frames lie, and the ids of the last ones that can be read.
    package struct Reading: Sendable {
        package var frames: [Range<Int>]
        /// The id of the last version 1 frame.
        package var traceID: TraceID?
        /// The id of the last version 2 frame that verifies.
        package var verified: TraceID?
        /// How many frames there are, those inside others too.
        package var counts = FrameCounts()

        /// A reading, of nothing unless told otherwise.
        package init(frames: [Range<Int>] = [], traceID: TraceID? = nil, verified: TraceID? = nil) {
            self.frames = frames
            self.traceID = traceID
            self.verified = verified
        }
    }

    /// Reads the frames of a text, plain or between the quotes of a JSON string; `nil` where there is none.
    package static func read(
        _ bytes: Span<UInt8>,
        in range: Range<Int>,
        escapes: Bool,
        keys: SigningKeys? = nil
    ) -> Reading? {
        let search = FrameSearch(escapes: escapes, selectors: keys != nil)
        var offset = search.start(bytes, from: range.lowerBound, end: range.upperBound)
        guard offset < range.upperBound else { return nil }
        var reader = FrameReader(keys: keys, end: range.upperBound)
        repeat {
            if bytes[offset] == 0xE2, let end = FrameV1.end(bytes, at: offset, limit: range.upperBound) {
                reader.read(version1: offset..<end)
                offset = end
            } else {
                var cursor = TextCursor(offset..<range.upperBound, escapes: escapes)
                repeat {
                    guard let unit = cursor.next(in: bytes) else { break }
                    reader.read(unit)
                } while !reader.isIdle
                offset = cursor.offset
            }
            let start = search.start(bytes, from: offset, end: range.upperBound)
            if start > offset { reader.skip() }
            offset = start
        } while offset < range.upperBound
        reader.finish()
        guard !reader.frames.isEmpty else { return nil }
        var reading = Reading(frames: reader.frames, traceID: reader.traceID(in: bytes), verified: reader.verified)
        reading.counts = reader.counts
        return reading
    }
}

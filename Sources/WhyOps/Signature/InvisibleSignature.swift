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
    }

    /// A version 1 frame as UTF-8: 6 bytes and 24 for each character of the id (SIG-1).
    ///
    /// - Returns: `nil` for an id that a frame cannot carry (SIG-2).
    /// - Complexity: O(1) in the text; one allocation.
    public static func encodeV1(_ id: TraceID) -> [UInt8]? {
        guard id.isEmbeddable else { return nil }
        var frame: [UInt8] = []
        frame.reserveCapacity(6 + 24 * id.text.utf8.count)
        frame.append(contentsOf: [0xE2, 0x80, 0x8B])
        for byte in id.text.utf8 {
            for shift in stride(from: 7, through: 0, by: -1) {
                frame.append(0xE2)
                frame.append(0x80)
                frame.append(byte >> UInt8(shift) & 1 == 1 ? 0x8C : 0x8D)
            }
        }
        frame.append(contentsOf: [0xE2, 0x80, 0x8E])
        return frame
    }

    /// The id of the last version 1 frame that stands in a text of UTF-8 bytes (SIG-3, SIG-4, SIG-5).
    ///
    /// - Complexity: O(n); allocates only where a frame may stand.
    public static func extract(from text: Span<UInt8>) -> TraceID? {
        read(text, in: 0..<text.count, escapes: false)?.traceID
    }

    /// The text without its whole frames (SIG-20, SIG-21); the same storage where there is none.
    ///
    /// - Complexity: O(n); allocates only where a frame may stand.
    public static func strip(_ text: [UInt8]) -> [UInt8] {
        guard let reading = read(text.span, in: 0..<text.count, escapes: false) else { return text }
        return text.applying(reading.frames.map { ByteEdit($0) })
    }

    /// What a text says: where its whole frames lie, and the id of the last one that can be read.
    package struct Reading: Sendable {
        package var frames: [Range<Int>]
        package var traceID: TraceID?
    }

    /// Reads the frames of a text, plain or between the quotes of a JSON string; `nil` where there is none.
    package static func read(_ bytes: Span<UInt8>, in range: Range<Int>, escapes: Bool) -> Reading? {
        guard mayHoldFrame(bytes, range, escapes) else { return nil }
        var cursor = TextCursor(range, escapes: escapes)
        var reader = FrameReader()
        while let unit = cursor.next(in: bytes) { reader.read(unit) }
        reader.finish()
        return reader.frames.isEmpty ? nil : Reading(frames: reader.frames, traceID: reader.traceID)
    }

    /// Whether the first scalar of a frame occurs, raw or escaped; every frame starts with U+200B or U+2060.
    private static func mayHoldFrame(_ bytes: Span<UInt8>, _ range: Range<Int>, _ escapes: Bool) -> Bool {
        // The shortest spelling of either scalar has three bytes.
        let last = range.upperBound - 2
        var offset = range.lowerBound
        while true {
            offset = ByteSearch.startOfFrame(bytes, from: offset, end: last)
            guard offset < last else { return false }
            if bytes[offset] == 0xE2 {
                if bytes[offset + 1] == 0x80, bytes[offset + 2] == 0x8B { return true }
                if bytes[offset + 1] == 0x81, bytes[offset + 2] == 0xA0 { return true }
            } else if escapes, offset + 5 < range.upperBound, bytes[offset + 1] == UInt8(ascii: "u"),
                bytes[offset + 2] == UInt8(ascii: "2"), bytes[offset + 3] == UInt8(ascii: "0")
            {
                switch (bytes[offset + 4], bytes[offset + 5]) {
                case (UInt8(ascii: "0"), UInt8(ascii: "b")), (UInt8(ascii: "0"), UInt8(ascii: "B")),
                    (UInt8(ascii: "6"), UInt8(ascii: "0")):
                    return true
                default: break
                }
            }
            offset += 1
        }
    }
}

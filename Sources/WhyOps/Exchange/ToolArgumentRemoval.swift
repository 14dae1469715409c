/// What has to go from the arguments of a tool call so that `_whyops_trace_id` is not in them (EXC-2).
struct ToolArgumentRemoval {
    /// The ranges to cut from the body.
    private(set) var cuts: [Range<Int>] = []
    /// The id that the member carried.
    private(set) var traceID: TraceID?

    /// Nothing to remove.
    init() {}

    /// Arguments that are an object.
    init(object: JSONTape.Index, tape: JSONTape, bytes: Span<UInt8>, keys: SigningKeys?) {
        var endOfKept: Int?
        for (name, value) in tape.members(object) {
            guard tape.isString(name, "_whyops_trace_id", in: bytes) else {
                endOfKept = tape.range(value).upperBound
                continue
            }
            traceID = tape.string(value, in: bytes).flatMap { text in
                // TRC-17: as it stands once frames are removed.
                let plain = InvisibleSignature.strip(Array(text.utf8), keys: keys)
                return TraceID(headerValue: String(decoding: plain, as: UTF8.self))
            }
            let following = tape.next(value)
            let hasFollowing = following < tape.next(object)
            if let endOfKept {
                // The comma before it goes with it.
                cuts.append(
                    (cuts.last.map { max($0.upperBound, endOfKept) } ?? endOfKept)..<tape.range(value).upperBound
                )
            } else if hasFollowing {
                // The comma after it goes with it.
                cuts.append(tape.range(name).lowerBound..<tape.range(following).lowerBound)
            } else {
                cuts.append(tape.range(name).lowerBound..<tape.range(value).upperBound)
            }
        }
    }

    /// Arguments that are JSON text inside a string: the text is decoded with a note of where each byte came from.
    init(text: JSONTape.Index, tape: JSONTape, bytes: Span<UInt8>, keys: SigningKeys?) {
        let content = tape.contentRange(text)
        guard Self.mayNameMember(bytes, content) else { return }
        let frames = InvisibleSignature.read(bytes, in: content, escapes: true, keys: keys)?.frames ?? []
        let cursor = KeptUnits(content, escapes: !tape.isPlain(text), frames: frames)
        var decoded: [UInt8] = []
        var units = cursor
        while let unit = units.next(in: bytes) { decoded.appendUTF8(unit.scalar) }
        var inner = JSONTape()
        do throws(JSONFault) {
            try inner.scan(decoded.span, in: 0..<decoded.count, limits: JSONLimits())
        } catch {
            // Arguments that are not JSON are ordinary text.
            return
        }
        guard inner.kind(inner.root) == .object else { return }
        let removal = ToolArgumentRemoval(object: inner.root, tape: inner, bytes: decoded.span, keys: keys)
        traceID = removal.traceID
        cuts = Self.sources(of: removal.cuts, cursor, bytes)
    }

    /// Where ranges of the decoded text come from; they are in order, apart and never empty.
    ///
    /// The text is read once more, since a note of every byte's place would be many times as long as the text.
    private static func sources(of cuts: [Range<Int>], _ units: KeptUnits, _ bytes: Span<UInt8>) -> [Range<Int>] {
        var units = units
        var sources: [Range<Int>] = []
        var decoded = 0
        var start: Int?
        while sources.count < cuts.count, let unit = units.next(in: bytes) {
            let cut = cuts[sources.count]
            let end = decoded + unit.utf8Count
            if start == nil, cut.lowerBound < end { start = unit.start }
            if let first = start, cut.upperBound <= end {
                sources.append(first..<unit.end)
                start = nil
            }
            decoded = end
        }
        return sources
    }

    /// Whether the name occurs, or an escape that may spell a letter of it (JSON-6).
    private static func mayNameMember(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let wanted: StaticString = "_whyops_trace_id"
        let length = wanted.utf8CodeUnitCount
        guard range.count > length else { return false }
        return wanted.withUTF8Buffer { wanted in
            for start in range.lowerBound..<range.upperBound - 1 {
                if bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u") { return true }
                guard bytes[start] == UInt8(ascii: "_"), range.upperBound - start >= length else { continue }
                var matched = 0
                while matched < length, unsafe bytes[start + matched] == wanted[matched] { matched += 1 }
                if matched == length { return true }
            }
            return false
        }
    }
}

/// The characters of a string that lie outside its frames.
private struct KeptUnits {
    private var cursor: TextCursor
    private let frames: [Range<Int>]
    private var frame = 0

    init(_ range: Range<Int>, escapes: Bool, frames: [Range<Int>]) {
        self.cursor = TextCursor(range, escapes: escapes)
        self.frames = frames
    }

    mutating func next(in bytes: Span<UInt8>) -> TextUnit? {
        while let unit = cursor.next(in: bytes) {
            while frame < frames.count, frames[frame].upperBound <= unit.start { frame += 1 }
            if frame == frames.count || !frames[frame].contains(unit.start) { return unit }
        }
        return nil
    }
}

extension TextUnit {
    /// The bytes that `appendUTF8` writes for the character.
    fileprivate var utf8Count: Int {
        switch scalar {
        case 0..<0x80: 1
        case 0x80..<0x800: 2
        case 0x800..<0x10000: 3
        default: 4
        }
    }
}

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
        var decoded: [UInt8] = []
        var sources: [Range<Int>] = []
        var cursor = TextCursor(content, escapes: !tape.isPlain(text))
        var frame = 0
        while let unit = cursor.next(in: bytes) {
            while frame < frames.count, frames[frame].upperBound <= unit.start { frame += 1 }
            if frame < frames.count, frames[frame].contains(unit.start) { continue }
            decoded.appendUTF8(unit.scalar)
            while sources.count < decoded.count { sources.append(unit.start..<unit.end) }
        }
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
        // A cut is never empty, and every decoded byte has its source.
        cuts = removal.cuts.map { sources[$0.lowerBound].lowerBound..<sources[$0.upperBound - 1].upperBound }
    }

    /// Whether the name occurs, or an escape that may spell a letter of it (JSON-6).
    private static func mayNameMember(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let wanted: StaticString = "_whyops_trace_id"
        let length = wanted.utf8CodeUnitCount
        guard range.count > length else { return false }
        return wanted.withUTF8Buffer { wanted in
            for start in range.lowerBound...range.upperBound - length {
                if bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u") { return true }
                guard bytes[start] == UInt8(ascii: "_") else { continue }
                var matched = 0
                while matched < length, unsafe bytes[start + matched] == wanted[matched] { matched += 1 }
                if matched == length { return true }
            }
            return false
        }
    }
}

/// Characters that people do not see and models read, which are not ours: a place for orders to hide in (EXC-84).
///
/// What writing needs is not counted: joiners and marks of scripts, selectors of emoji, flags of regions.
public struct HiddenText: Sendable, Hashable {
    /// Tag characters (U+E0000 to U+E007F) that are not part of a flag.
    private(set) var tags = 0
    /// Overrides of the direction of writing: U+202D and U+202E.
    private(set) var overrides = 0
    /// Characters without width, in runs of four and more.
    private(set) var zeroWidth = 0
    /// Variation selectors, in runs of four and more.
    private(set) var selectors = 0

    /// Whether there is none.
    public var isEmpty: Bool { self == HiddenText() }

    /// The least of a run that no writing needs.
    private static let leastRun = 4

    private enum Kind {
        case tag, zeroWidth, selector
    }

    /// A run of characters of one kind.
    private struct Run {
        var kind: Kind
        var count = 1
        /// Whether a black flag stands before it.
        var followsFlag: Bool
        var last: UInt32
    }

    /// Nothing is hidden.
    init() {}

    /// Reads a part of a JSON text: what stands outside of its strings holds none of these.
    ///
    /// - Complexity: O(n).
    init(_ bytes: Span<UInt8>, in range: Range<Int>) {
        var run: Run?
        var isAfterFlag = false
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = bytes[offset]
            if byte < 0x80, byte != UInt8(ascii: "\\") {
                if let ended = run {
                    count(ended)
                    run = nil
                }
                isAfterFlag = false
                offset += 1
                continue
            }
            var cursor = TextCursor(offset..<range.upperBound, escapes: true)
            guard let unit = cursor.next(in: bytes) else { break }
            offset = unit.end
            let kind = Self.kind(of: unit.scalar)
            if let kind, run?.kind == kind {
                run?.count += 1
                run?.last = unit.scalar
            } else {
                if let ended = run { count(ended) }
                run = kind.map { Run(kind: $0, followsFlag: isAfterFlag, last: unit.scalar) }
            }
            if unit.scalar == 0x202D || unit.scalar == 0x202E { overrides += 1 }
            isAfterFlag = unit.scalar == 0x1F3F4
        }
        if let run { count(run) }
    }

    private mutating func count(_ run: Run) {
        switch run.kind {
        // Such a flag ends with U+E007F; regions have six letters and digits at most.
        case .tag: if !(run.followsFlag && run.last == 0xE007F && run.count <= 7) { tags += run.count }
        case .zeroWidth: if run.count >= Self.leastRun { zeroWidth += run.count }
        case .selector: if run.count >= Self.leastRun { selectors += run.count }
        }
    }

    private static func kind(of scalar: UInt32) -> Kind? {
        switch scalar {
        case 0x200B...0x200F, 0x2060...0x2064, 0xFEFF: .zeroWidth
        case 0xFE00...0xFE0F, 0xE0100...0xE01EF: .selector
        case 0xE0000...0xE007F: .tag
        default: nil
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            for (name, count) in [
                ("tags", tags), ("overrides", overrides), ("zeroWidth", zeroWidth), ("selectors", selectors),
            ] where count > 0 {
                writer.member(name, count)
            }
        }
    }
}

extension RequestReading {
    /// What is hidden in the messages after the last reply, as they are forwarded; those before were told of then (EXC-84).
    ///
    /// - Complexity: O(n) in what stands after the last reply.
    public var hiddenText: HiddenText {
        guard let history = document.root[format == .responses ? "input" : "messages"] else { return HiddenText() }
        let tape = document.tape
        let answer = history.lastChild { tape, message, bytes in
            if let role = tape.member("role", of: message, in: bytes) {
                return tape.isString(role, "assistant", in: bytes)
            }
            // Items of a Responses history that a model made have no role.
            let type = tape.member("type", of: message, in: bytes).flatMap { tape.utf8($0, in: bytes) } ?? []
            return format == .responses && !type.isEmpty && !type.hasSuffix("_output") && !type.hasSuffix("_response")
        }
        let whole = tape.range(history.index)
        let range = (answer.map { tape.range($0.index).upperBound } ?? whole.lowerBound)..<whole.upperBound
        let cuts = edits.filter { range.contains($0.range.lowerBound) }
        if cuts.isEmpty { return HiddenText(document.bytes.span, in: range) }
        let bytes = document.bytes.applying(cuts)
        let removed = cuts.reduce(0) { $0 + $1.range.count - $1.replacement.count }
        return HiddenText(bytes.span, in: range.lowerBound..<range.upperBound - removed)
    }
}

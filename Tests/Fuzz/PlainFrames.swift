/// Stripping as `spec/signature.md` tells it: take out the whole frame that ends first, and begin again.
///
/// Slow, and without a stack: what `FrameReader` is compared with.
struct PlainFrames {
    /// A character, or half a surrogate pair, with the bytes that spell it.
    private struct Unit {
        var scalar: UInt32
        /// Two ranges where the halves of a pair met after a frame between them was taken out.
        var sources: [Range<Int>]
        /// Whether a selector or U+2060 stood before it in the text as it came (SIG-42).
        var followsRun = false

        var byte: UInt8? {
            switch scalar {
            case 0xFE00...0xFE0F: UInt8(scalar - 0xFE00)
            case 0xE0100...0xE01EF: UInt8(scalar - 0xE0100 + 16)
            default: nil
            }
        }
    }

    private var units: [Unit] = []
    private let keys: [UInt8: SigningKey]

    /// The id of the last version 1 frame.
    private(set) var version1: String?
    /// The id of the last version 2 frame that verifies.
    private(set) var version2: String?
    /// What is kept.
    private(set) var kept: [UInt8] = []

    /// Strips a text, plain or the inside of a JSON string.
    init(_ bytes: [UInt8], escapes: Bool, keys: [SigningKey]) {
        self.keys = Dictionary(uniqueKeysWithValues: keys.map { ($0.id, $0) })
        units = Self.units(bytes, escapes: escapes)
        for place in units.indices.dropFirst() {
            units[place].followsRun = units[place - 1].byte != nil || units[place - 1].scalar == 0x2060
        }
        while let frame = firstFrame() {
            units.removeSubrange(frame)
            let place = frame.lowerBound
            if place > 0, place < units.count, (0xD800...0xDBFF).contains(units[place - 1].scalar),
                (0xDC00...0xDFFF).contains(units[place].scalar)
            {
                units[place - 1].scalar =
                    0x10000 + (units[place - 1].scalar - 0xD800) << 10 + units[place].scalar - 0xDC00
                units[place - 1].sources += units[place].sources
                units.remove(at: place)
            }
        }
        for unit in units {
            for source in unit.sources { kept += bytes[source] }
        }
    }

    private static func units(_ bytes: [UInt8], escapes: Bool) -> [Unit] {
        var units: [Unit] = []
        var at = 0
        func escaped(_ at: Int) -> UInt32? {
            guard at + 6 <= bytes.count, bytes[at] == 0x5C, bytes[at + 1] == 0x75 else { return nil }
            return UInt32(String(decoding: bytes[at + 2..<at + 6], as: UTF8.self), radix: 16)
        }
        while at < bytes.count {
            if escapes, bytes[at] == 0x5C {
                if let high = escaped(at) {
                    if (0xD800...0xDBFF).contains(high), let low = escaped(at + 6), (0xDC00...0xDFFF).contains(low) {
                        let scalar = 0x10000 + (high - 0xD800) << 10 + low - 0xDC00
                        units.append(Unit(scalar: scalar, sources: [at..<at + 12]))
                        at += 12
                    } else {
                        units.append(Unit(scalar: high, sources: [at..<at + 6]))
                        at += 6
                    }
                } else {
                    units.append(Unit(scalar: 0x5C, sources: [at..<at + 2]))
                    at += 2
                }
                continue
            }
            var rest = bytes[at...].makeIterator()
            var parser = Unicode.UTF8.ForwardParser()
            if case .valid(let scalar) = parser.parseScalar(from: &rest) {
                units.append(Unit(scalar: Unicode.UTF8.decode(scalar).value, sources: [at..<at + scalar.count]))
                at += scalar.count
            } else {
                units.append(Unit(scalar: 0xFFFD, sources: [at..<at + 1]))
                at += 1
            }
        }
        return units
    }

    /// The whole frame that ends first; what lies before its end is stripped already, what follows is as it came.
    private mutating func firstFrame() -> Range<Int>? {
        for end in units.indices {
            if units[end].scalar == 0x200E, let start = version1Start(end) {
                let frame = start..<end + 1
                if isUnbroken(frame) { version1 = text(frame) }
                return frame
            }
            guard units[end].byte != nil, end + 1 == units.count || units[end + 1].byte == nil else { continue }
            guard let first = runStart(end) else { continue }
            let bytes = units[first...end].compactMap(\.byte)
            guard Self.isWhole(bytes) else { continue }
            let id = verified(bytes)
            let isBare = first == 0 || units[first - 1].scalar != 0x2060
            if isBare, id == nil { continue }
            let frame = (isBare ? first : first - 1)..<end + 1
            if let id, isUnbroken(frame) { version2 = id }
            return frame
        }
        return nil
    }

    /// Where the run of selectors that ends at a place begins: after U+2060, or at the first selector that may begin a
    /// bare frame (SIG-42); later ones only go on with it while it may still be a frame.
    private func runStart(_ end: Int) -> Int? {
        var first = end
        while first > 0, units[first - 1].byte != nil { first -= 1 }
        let isMarked = first > 0 && units[first - 1].scalar == 0x2060
        if isMarked, units[first].byte.map({ (0xE8...0xEF).contains($0) }) == true { return first }
        var start: Int? = isMarked ? first : nil
        for place in first...end {
            if let begun = start {
                if place - begun >= 139 { start = nil }
            } else if units[place].byte == 0xE7, !units[place].followsRun {
                start = place
            }
        }
        return start
    }

    /// SIG-1.
    private func version1Start(_ end: Int) -> Int? {
        var first = end
        while first > 0, units[first - 1].scalar == 0x200C || units[first - 1].scalar == 0x200D { first -= 1 }
        guard first > 0, units[first - 1].scalar == 0x200B, (end - first) % 8 == 0,
            (1...128).contains((end - first) / 8)
        else { return nil }
        return text(first - 1..<end + 1).utf8.allSatisfy { (0x21...0x7E).contains($0) } ? first - 1 : nil
    }

    private func text(_ frame: Range<Int>) -> String {
        let bits = units[frame].dropFirst().dropLast().map { UInt8($0.scalar == 0x200C ? 1 : 0) }
        return String(
            decoding: stride(from: 0, to: bits.count, by: 8).map { start in
                bits[start..<start + 8].reduce(0) { $0 << 1 | $1 }
            },
            as: UTF8.self
        )
    }

    /// SIG-5.
    private func isUnbroken(_ frame: Range<Int>) -> Bool {
        let sources = units[frame].flatMap(\.sources)
        return zip(sources, sources.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound }
    }

    /// SIG-10, SIG-11.
    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        if (0xE8...0xEF).contains(bytes[0]) { return true }
        guard bytes[0] == 0xE7, bytes.count > 2, bytes[1] & 12 == 0 else { return false }
        if bytes[1] & 3 == 0 { return bytes.count == 26 }
        guard bytes[1] & 3 == 1, (1...128).contains(bytes[2]), bytes.count == 11 + Int(bytes[2]) else { return false }
        return bytes[3..<3 + Int(bytes[2])].allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// SIG-17, SIG-18: by writing the frame again.
    private func verified(_ bytes: [UInt8]) -> String? {
        guard bytes[0] == 0xE7, let key = keys[bytes[1] >> 4] else { return nil }
        let body = Array(bytes.dropLast(8))
        let tag = key.tag(of: body)
        guard bytes.suffix(8).reduce(UInt64(0), { $0 << 8 | UInt64($1) }) == tag else { return nil }
        if bytes[1] & 3 == 1 { return String(decoding: body[3...], as: UTF8.self) }
        let digits = body[2...].map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text += "-" }
            text.append(digit)
        }
        return text
    }
}

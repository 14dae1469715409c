/// Finds the whole frames of a text, scalar by scalar, also those that stripping others completes.
///
/// A pushdown machine: the stack holds what may still become a frame. Ordinary text empties it, since no frame
/// holds any; a frame found whole is taken off, and what lies below goes on as if it had never been there
/// (SIG-21). Each scalar is pushed and taken off at most once, so time and memory are linear (SIG-22).
struct FrameReader {
    private enum Kind: UInt8 {
        case version1, version2
        /// A version 2 run without its first character, whole only where its tag verifies (SIG-42).
        case bareVersion2
        /// A high surrogate that waits for its low one to come next to it.
        case surrogate
    }

    private struct Partial {
        var kind: Kind
        /// Whether a frame was taken out of the middle, so that what remains never stood in the text as such.
        var isBroken = false
        /// Version 1: the bits read, and the byte that they are filling.
        var bitCount: UInt16 = 0
        var accumulator: UInt8 = 0
        var start: Int
        var end: Int
        /// Where its bytes begin in `payload`.
        var payloadStart: Int
        /// How many bytes it had when it was found to be no frame, so that they are not judged again.
        var judgedCount: UInt8 = 0
        /// A surrogate: whether the scalar before, in the text as it came, was a selector.
        var followsSelector = false
    }

    private var partials: [Partial] = []
    private var payload: [UInt8] = []

    /// Where whole frames lie, in order, those inside another one left out.
    private(set) var frames: [Range<Int>] = []
    /// The id of the last version 1 frame that was read scalar by scalar, and the place of a later one read at once.
    private var traceID: TraceID?
    private var lastVersion1: Range<Int>?
    /// The id of the last version 2 frame that stood in the text and verifies (SIG-18, SIG-19).
    private(set) var verified: TraceID?
    /// How many frames were taken out, those inside others too.
    private(set) var counts = FrameCounts()

    private let keys: SigningKeys?
    /// Whether the scalar before, in the text as it came, was a selector.
    private var followsSelector = false

    /// Whether selectors go on with the run on top of the stack.
    private var isInRun: Bool {
        switch partials.last?.kind {
        case .version2, .bareVersion2: true
        case .version1, .surrogate, nil: false
        }
    }

    /// The bytes of the longest version 2 frame: magic, flags, length, 128 of id, 8 of tag.
    private static let longestVersion2 = 3 + TraceID.maximumLength + 8

    /// Where the text ends.
    private let end: Int
    /// How many parts of frames have to stand before those that cannot become whole any more are dropped.
    private var dropsAt = 16

    init(keys: SigningKeys? = nil, end: Int) {
        self.keys = keys
        self.end = end
    }

    /// How many parts of frames are waited for.
    var pendingCount: Int { partials.count }

    /// Whether nothing is pending, so that text in which no frame starts can be skipped.
    var isIdle: Bool { partials.isEmpty }

    /// Takes note that text was skipped, which held no selector that matters.
    mutating func skip() { followsSelector = false }

    /// Takes a version 1 frame that stands whole in the text, while nothing is pending.
    mutating func read(version1 frame: Range<Int>) {
        followsSelector = false
        lastVersion1 = frame
        counts[.version1] += 1
        frames.append(frame)
    }

    /// The id of the last version 1 frame that stood in the text (SIG-4, SIG-5).
    func traceID(in bytes: Span<UInt8>) -> TraceID? {
        lastVersion1.flatMap { FrameV1.id(bytes, in: $0) } ?? traceID
    }

    mutating func read(_ unit: TextUnit) {
        var unit = unit
        var isJoined = false
        // A low surrogate ends a run as any other scalar does, before it is known what it becomes.
        if unit.isLoneLowSurrogate { judgeRun() }
        if unit.isLoneLowSurrogate, let high = partials.last, high.kind == .surrogate {
            // They were apart when the text was read, so a frame between them has just been taken out.
            unit.scalar = 0x10000 + (highSurrogate(high) - 0xD800) << 10 + (unit.scalar - 0xDC00)
            partials.removeLast()
            payload.removeSubrange(high.payloadStart...)
            unit.start = high.start
            followsSelector = high.followsSelector
            isJoined = true
        }
        if let byte = InvisibleSignature.V2.byte(of: unit.scalar) {
            readSelector(byte, unit)
            // SIG-5: the run holds what stood between the halves.
            if isJoined, let top = partials.indices.last { partials[top].isBroken = true }
            return
        }
        let followedSelector = followsSelector
        followsSelector = false
        judgeRun()
        switch unit.scalar {
        case InvisibleSignature.V1.start: push(.version1, unit)
        case InvisibleSignature.V1.one: readBit(1, unit)
        case InvisibleSignature.V1.zero: readBit(0, unit)
        case InvisibleSignature.V1.end: readEnd(unit)
        case InvisibleSignature.V2.start: push(.version2, unit)
        case 0xD800...0xDBFF:
            push(.surrogate, unit)
            // Unless the rest of the text is too short for its other half.
            guard let top = partials.indices.last else { break }
            partials[top].followsSelector = followedSelector
            payload.append(UInt8(truncatingIfNeeded: unit.scalar >> 8))
            payload.append(UInt8(truncatingIfNeeded: unit.scalar))
        default: clear()
        }
    }

    mutating func finish() {
        judgeRun()
        clear()
    }

    // MARK: Version 1

    private mutating func readBit(_ bit: UInt8, _ unit: TextUnit) {
        guard let top = partials.indices.last, partials[top].kind == .version1 else { return clear() }
        partials[top].accumulator = partials[top].accumulator << 1 | bit
        partials[top].bitCount += 1
        partials[top].end = unit.end
        guard partials[top].bitCount % 8 == 0 else { return }
        let byte = partials[top].accumulator
        guard (0x21...0x7E).contains(byte), Int(partials[top].bitCount) <= 8 * TraceID.maximumLength else {
            return clear()
        }
        payload.append(byte)
    }

    private mutating func readEnd(_ unit: TextUnit) {
        guard let top = partials.last, top.kind == .version1, top.bitCount > 0, top.bitCount % 8 == 0 else {
            return clear()
        }
        if !top.isBroken {
            traceID = TraceID(signaturePayload: payload[top.payloadStart...])
            lastVersion1 = nil
        }
        takeOut(.version1, endingAt: unit.end)
    }

    // MARK: Version 2

    private mutating func readSelector(_ byte: UInt8, _ unit: TextUnit) {
        if keys != nil, !isInRun, !followsSelector, byte == InvisibleSignature.V2.magic { push(.bareVersion2, unit) }
        followsSelector = true
        guard let top = partials.indices.last, isInRun else { return clear() }
        partials[top].end = unit.end
        let length = payload.count - partials[top].payloadStart
        // A later version's run may have any length, and only its first byte matters.
        if length > 0, Self.isLaterVersion(payload[partials[top].payloadStart]) { return }
        guard length < Self.longestVersion2 else { return clear() }
        payload.append(byte)
    }

    /// Decides about the run of selectors that has just ended, if one has.
    private mutating func judgeRun() {
        guard let place = partials.indices.last, isInRun else { return }
        let top = partials[place]
        let bytes = payload[top.payloadStart...]
        guard bytes.count != Int(top.judgedCount), isWhole(bytes) else { return }
        let (proof, id) = judge(bytes)
        // SIG-42: without its first character only the tag says that it is a frame.
        if top.kind == .bareVersion2, id == nil {
            // A whole frame has at most 139 bytes.
            partials[place].judgedCount = UInt8(bytes.count)
            return
        }
        // SIG-5: a frame that held another one is stripped and not read.
        if let id, !top.isBroken { verified = id }
        takeOut(proof, endingAt: top.end)
    }

    /// What a whole frame proves, and its id if the tag is right under the key that it names (SIG-17, SIG-18).
    private func judge(_ bytes: ArraySlice<UInt8>) -> (FrameCounts.Proof, TraceID?) {
        let first = bytes.startIndex
        guard bytes.first == InvisibleSignature.V2.magic else { return (.laterVersion, nil) }
        guard let key = keys?[bytes[first + 1] >> 4] else { return (.unknownKey, nil) }
        let end = bytes.endIndex - InvisibleSignature.V2.tagLength
        var tag: UInt64 = 0
        for byte in bytes[end...] { tag = tag << 8 | UInt64(byte) }
        // One comparison of one number: how much of a tag was right cannot be told from the time it takes.
        guard key.tag(of: bytes[..<end]) == tag else { return (.wrongTag, nil) }
        if bytes[first + 1] & 0b11 == 0 { return (.verified, TraceID(uuid: bytes[first + 2..<end])) }
        return (.verified, TraceID(signaturePayload: bytes[first + 3..<end]))
    }

    /// SIG-10, SIG-11.
    private func isWhole(_ bytes: ArraySlice<UInt8>) -> Bool {
        let first = bytes.startIndex
        guard bytes.count > 0 else { return false }
        if Self.isLaterVersion(bytes[first]) { return true }
        guard bytes[first] == InvisibleSignature.V2.magic, bytes.count > 2, bytes[first + 1] & 0b1100 == 0 else {
            return false
        }
        switch bytes[first + 1] & 0b11 {
        case 0:
            return bytes.count == 2 + 16 + 8
        case 1:
            let length = Int(bytes[first + 2])
            guard (1...TraceID.maximumLength).contains(length), bytes.count == 3 + length + 8 else { return false }
            return bytes[first + 3..<first + 3 + length].allSatisfy { (0x21...0x7E).contains($0) }
        default:
            return false
        }
    }

    private static func isLaterVersion(_ byte: UInt8) -> Bool { (0xE8...0xEF).contains(byte) }

    // MARK: The stack

    private mutating func push(_ kind: Kind, _ unit: TextUnit) {
        partials.append(Partial(kind: kind, start: unit.start, end: unit.end, payloadStart: payload.count))
        if partials.count >= dropsAt { dropHopeless(before: unit.end) }
    }

    /// Drops what the rest of the text is too short to complete, so that a text of nothing but starts does not take a
    /// multiple of its size (SIG-22). To become whole, a part needs all above it to become whole first.
    private mutating func dropHopeless(before offset: Int) {
        var rest = end - offset
        var first = partials.count
        while first > 0 {
            rest -= Self.leastRest(of: partials[first - 1])
            if rest < 0 { break }
            first -= 1
        }
        let dropped = first < partials.count ? partials[first].payloadStart : payload.count
        partials.removeFirst(first)
        payload.removeFirst(dropped)
        for place in partials.indices { partials[place].payloadStart -= dropped }
        dropsAt = max(16, partials.count + partials.count / 4)
    }

    /// The fewest bytes that can make a part a whole frame.
    private static func leastRest(of partial: Partial) -> Int {
        let mark = 3
        switch partial.kind {
        case .version1:
            let bits = Int(partial.bitCount)
            return (bits > 0 && bits % 8 == 0 ? 0 : 8 - bits % 8) * mark + mark
        // One selector.
        case .version2, .bareVersion2: return mark
        // An escape.
        case .surrogate: return 6
        }
    }

    private mutating func clear() {
        partials.removeAll(keepingCapacity: true)
        payload.removeAll(keepingCapacity: true)
    }

    private mutating func takeOut(_ proof: FrameCounts.Proof, endingAt end: Int) {
        let frame = partials.removeLast()
        counts[frame.isBroken ? .nested : proof] += 1
        payload.removeSubrange(frame.payloadStart...)
        while let last = frames.last, last.lowerBound >= frame.start { frames.removeLast() }
        frames.append(frame.start..<end)
        if let below = partials.indices.last { partials[below].isBroken = true }
    }

    private func highSurrogate(_ partial: Partial) -> UInt32 {
        UInt32(payload[partial.payloadStart]) << 8 | UInt32(payload[partial.payloadStart + 1])
    }
}

/// The text of one choice, block or part of a stream while it passes: judges whether it may carry a frame, and holds the
/// white space at its end so that the frame can come before it (SIG-30, EXC-34).
struct HeldText {
    private var carrier: CarrierTest
    /// The held white space as the upstream spelt it inside its JSON strings.
    private(set) var held: [UInt8] = []
    /// The length in bytes of each held scalar.
    private var lengths: [Int] = []

    /// Whether the text so far may carry a frame.
    var carries: Bool { carrier.carries }
    /// The number of scalars that are held.
    var heldCount: Int { lengths.count }

    init(policy: SignaturePolicy) {
        self.carrier = CarrierTest(policy: policy)
    }

    /// Takes a piece of text, the inside of a JSON string, that more may follow, and gives what to send now;
    /// `nil` where the piece goes as it is.
    mutating func pass(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        let hadHeld = !held.isEmpty
        if !hadHeld, passWhole(bytes, range) { return nil }
        var released: [UInt8] = []
        var cursor = TextCursor(range, escapes: true)
        var start = range.lowerBound
        while let unit = cursor.next(in: bytes) {
            carrier.read(unit.scalar)
            if CarrierTest.isWhiteSpace(unit.scalar), !carrier.isRefused {
                if lengths.count == CarrierTest.longestTail { releaseOldest(into: &released) }
                lengths.append(unit.end - start)
            } else {
                released += held
                held.removeAll(keepingCapacity: true)
                lengths.removeAll(keepingCapacity: true)
                for offset in start..<unit.end { released.append(bytes[offset]) }
                start = unit.end
                continue
            }
            for offset in start..<unit.end { held.append(bytes[offset]) }
            start = unit.end
        }
        return hadHeld || !held.isEmpty ? released : nil
    }

    /// Takes a piece that goes as it is, since it does not end in white space that has to be held; `false`, with nothing
    /// taken, for any other. Nothing is held yet.
    private mutating func passWhole(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if carrier.isRefused { return true }
        var probe = carrier
        var cursor = TextCursor(range, escapes: true)
        var last: UInt32 = 0
        while let unit = cursor.next(in: bytes) {
            probe.read(unit.scalar)
            last = unit.scalar
        }
        if CarrierTest.isWhiteSpace(last), !probe.isRefused { return false }
        carrier = probe
        return true
    }

    /// Ends the text: the frame, where it may stand, and the white space that was held.
    mutating func end(frame: [UInt8]) -> [UInt8] {
        let tail = held
        let signed = carrier.carries ? frame + tail : tail
        held = []
        lengths = []
        return signed
    }

    private mutating func releaseOldest(into released: inout [UInt8]) {
        released += held[..<lengths[0]]
        held.removeSubrange(..<lengths[0])
        lengths.removeFirst()
    }
}

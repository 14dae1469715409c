/// Takes a file apart into the values in it, however its bytes come: lines, the items of one array, or one value.
///
/// What is held at once is one value and at most `maximumValueBytes` of it, whatever the size of the file.
package struct PayloadSplitter {
    /// Longer values are refused: no receiver takes them.
    package static let maximumValueBytes = 64 << 20
    /// How much of a first line is looked at to tell lines from one value.
    private static let detectionBytes = 1 << 20

    private enum State {
        case detecting
        case lines(LineSplitter)
        case array(ArraySplitter)
        case value
        /// The rest says nothing more, since the text is no JSON any longer.
        case broken
    }

    private let layout: PayloadLayout
    private let maximum: Int
    private var state = State.detecting
    private var held: [UInt8] = []
    private var isTooLong = false

    package init(layout: PayloadLayout = .auto, maximumValueBytes: Int = Self.maximumValueBytes) {
        self.layout = layout
        maximum = maximumValueBytes
    }

    /// Takes the next bytes of the file.
    package mutating func feed(_ bytes: [UInt8]) -> [PayloadPiece] {
        var pieces: [PayloadPiece] = []
        take(bytes, &pieces)
        return pieces
    }

    private mutating func take(_ bytes: [UInt8], _ pieces: inout [PayloadPiece]) {
        switch state {
        case .detecting:
            held += bytes
            decide(isEnd: false, &pieces)
        case .lines(var splitter):
            state = .broken
            splitter.feed(bytes, &pieces)
            state = .lines(splitter)
        case .array(var splitter):
            state = .broken
            if splitter.feed(bytes, &pieces) { state = .array(splitter) }
        case .value:
            hold(bytes)
        case .broken:
            break
        }
    }

    /// The file has ended.
    package mutating func finish() -> [PayloadPiece] {
        var pieces: [PayloadPiece] = []
        if case .detecting = state { decide(isEnd: true, &pieces) }
        switch state {
        case .lines(var splitter): splitter.finish(&pieces)
        case .array(var splitter): splitter.finish(&pieces)
        case .value:
            pieces.append(
                isTooLong
                    ? .tooLong(at: TextPosition()) : .text(PayloadText(bytes: held, item: nil, start: TextPosition()))
            )
        case .detecting, .broken: break
        }
        state = .broken
        held = []
        return pieces
    }

    /// Says that the text cannot be followed any further: what has been read of it is no JSON.
    package mutating func giveUp() {
        if case .lines = state { return }
        state = .broken
    }

    private mutating func hold(_ bytes: [UInt8]) {
        isTooLong = isTooLong || held.count + bytes.count > maximum
        if isTooLong { held = [] } else { held += bytes }
    }

    // MARK: Layout

    private mutating func decide(isEnd: Bool, _ pieces: inout [PayloadPiece]) {
        guard let found = found(isEnd: isEnd) else { return }
        let bytes = held
        held = []
        state = found
        take(bytes, &pieces)
    }

    /// How the values stand; `nil` while that cannot be told.
    private func found(isEnd: Bool) -> State? {
        if layout == .lines { return .lines(LineSplitter(maximum: maximum)) }
        guard let first = held.first(where: { !$0.isJSONSpace }) else { return isEnd ? .value : nil }
        let whole = first == UInt8(ascii: "[") ? State.array(ArraySplitter(maximum: maximum)) : .value
        if layout == .value { return whole }
        let start = held.firstIndex { !$0.isJSONSpace } ?? 0
        guard let end = held[start...].firstIndex(of: UInt8(ascii: "\n")) else {
            if isEnd { return whole }
            guard held.count - start > Self.detectionBytes else { return nil }
            // So long a line is the only one, or one of many.
            return first == UInt8(ascii: "[") ? whole : .lines(LineSplitter(maximum: maximum))
        }
        let isFollowed = held[end...].contains { !$0.isJSONSpace }
        if !isFollowed, !isEnd { return held.count - end > Self.detectionBytes ? whole : nil }
        let isLine = isFollowed && PayloadCheck().check(Array(held[start..<end])).isJSON
        return isLine ? .lines(LineSplitter(maximum: maximum)) : whole
    }
}

extension PayloadPiece {
    static func tooLong(at position: TextPosition) -> PayloadPiece {
        .fault(
            rule: "json.too-long",
            message: "The value has more than \(PayloadSplitter.maximumValueBytes >> 20) MiB",
            place: position.place
        )
    }
}

extension UInt8 {
    /// White space of JSON (RFC 8259, section 2).
    var isJSONSpace: Bool {
        self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09
    }
}

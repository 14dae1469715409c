/// Takes an array apart into its items, so that a batch of any size can be checked item by item.
///
/// Only what stands between the items is judged here: each item is for who checks it.
struct ArraySplitter {
    private enum Expectation {
        case opening, firstItemOrEnd, item, insideItem, nothing
    }

    private let maximum: Int
    private var expected = Expectation.opening
    private var position = TextPosition()
    private var item: [UInt8] = []
    private var itemStart = TextPosition()
    private var count = 0
    private var isTooLong = false
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// Says whether the text may still be an array.
    mutating func feed(_ bytes: [UInt8], _ pieces: inout [PayloadPiece]) -> Bool {
        for byte in bytes {
            guard take(byte, &pieces) else { return false }
            position.pass(byte)
        }
        return true
    }

    mutating func finish(_ pieces: inout [PayloadPiece]) {
        if expected == .nothing { return }
        // What is wrong inside the last item is the better answer.
        if expected == .insideItem, !isTooLong {
            pieces.append(.text(PayloadText(bytes: item, item: count, start: itemStart)))
        }
        fault("json.unexpected-end", "The text ends inside the array", &pieces)
    }

    private mutating func take(_ byte: UInt8, _ pieces: inout [PayloadPiece]) -> Bool {
        switch expected {
        case .insideItem:
            takeInside(byte, &pieces)
            return true
        case _ where byte.isJSONSpace:
            return true
        case .opening:
            expected = .firstItemOrEnd
            return true
        case .firstItemOrEnd where byte == UInt8(ascii: "]"):
            expected = .nothing
            return true
        case .firstItemOrEnd, .item:
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: ",") {
                fault("json.unexpected-byte", "Expected an item of the array", &pieces)
                return false
            }
            itemStart = position
            expected = .insideItem
            takeInside(byte, &pieces)
            return true
        case .nothing:
            fault("json.trailing-bytes", "Something follows the array", &pieces)
            return false
        }
    }

    private mutating func takeInside(_ byte: UInt8, _ pieces: inout [PayloadPiece]) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
        } else {
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]") where depth == 0, UInt8(ascii: ",") where depth == 0:
                return endItem(byte, &pieces)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            default: break
            }
        }
        isTooLong = isTooLong || item.count == maximum
        if !isTooLong { item.append(byte) }
    }

    private mutating func endItem(_ byte: UInt8, _ pieces: inout [PayloadPiece]) {
        expected = byte == UInt8(ascii: ",") ? .item : .nothing
        pieces.append(
            isTooLong ? .tooLong(at: itemStart) : .text(PayloadText(bytes: item, item: count, start: itemStart))
        )
        count += 1
        item.removeAll(keepingCapacity: true)
        isTooLong = false
    }

    private func fault(_ rule: String, _ message: String, _ pieces: inout [PayloadPiece]) {
        pieces.append(.fault(rule: rule, message: message, place: position.place))
    }
}

/// The letters and digits at the start of what one side says: what is left of a text whatever a client did to its white
/// space, quotes, markup, emoji, invisible characters and accents in parts (TRC-35, TRC-36).
struct VisibleText: Sendable {
    /// The most bytes that are kept of what one side says before the other answers.
    static let capacity = 128

    /// The bytes that were kept.
    private(set) var bytes: [UInt8] = []
    private var isFull = false

    init() { bytes.reserveCapacity(Self.capacity + 4) }

    /// Adds a text, plain or between the quotes of a JSON string.
    ///
    /// - Returns: whether it has anything that is kept, also where there is no more room for it.
    /// - Complexity: O(n) up to the scalar for which there is no more room.
    mutating func append(_ text: Span<UInt8>, in range: Range<Int>, escapes: Bool) -> Bool {
        var isVisible = false
        var position = range.lowerBound
        // Where the last one begins, which a mark behind it may change.
        var last: Int?
        // What is kept is added at once: byte by byte costs more than all the rest.
        var run = [128 of UInt8](repeating: 0)
        var count = 0
        let room = isFull ? 0 : Self.capacity - bytes.count
        // Nothing below 0x80 is like the byte that no text has.
        let escape = escapes ? UInt8(ascii: "\\") : 0xFF
        // Most texts begin with letters that are bytes of their own, and most need no more than that.
        while position < range.upperBound {
            // Of so many bytes there is room for each, so that what is kept need not be branched on.
            let end = min(range.upperBound, position + (room - count))
            let start = position
            while position < end {
                let byte = text[position]
                if byte >= 0x80 || byte == escape { break }
                run[count] = byte
                count += Self.keepsASCII(byte)
                position += 1
            }
            if position > start { last = position - 1 }
            if position >= range.upperBound { break }
            let byte = text[position]
            if byte >= 0x80 { break }
            if byte == escape {
                // What any other escape stands for is not kept, and no mark joins it.
                guard position + 1 < range.upperBound, text[position + 1] != UInt8(ascii: "u") else { break }
                position += 2
                last = nil
            } else if count == room {
                last = position
                position += 1
                if Self.keepsASCII(byte) == 1 {
                    isFull = true
                    add(run, count)
                    return true
                }
            }
        }
        isVisible = count > 0
        add(run, count)
        if position >= range.upperBound { return isVisible }
        if let last {
            position = last
            if Self.keeps(UInt32(text[position])) { bytes.removeLast() }
        }
        var form = NormalForm()
        var cursor = TextCursor(position..<range.upperBound, escapes: escapes)
        while let unit = cursor.next(in: text) {
            form.read(unit.scalar) { isVisible = keep($0) || isVisible }
            if isFull, isVisible { return true }
        }
        form.finish { isVisible = keep($0) || isVisible }
        return isVisible
    }

    private mutating func add(_ run: borrowing [128 of UInt8], _ count: Int) {
        if count == 0 { return }
        // The slice checks its bounds.
        unsafe run.span.extracting(0..<count).withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Adds a scalar if it counts and there is room, and says whether it counts.
    private mutating func keep(_ scalar: UInt32) -> Bool {
        guard Self.keeps(scalar) else { return false }
        if isFull { return true }
        let count = bytes.count
        bytes.appendUTF8(scalar)
        if bytes.count > Self.capacity {
            bytes.removeLast(bytes.count - count)
            isFull = true
        }
        return true
    }

    /// The same for a byte below 0x80, 1 or 0: a bit for each, since they come mixed, and a branch would be guessed
    /// wrongly.
    @inline(__always)
    private static func keepsASCII(_ byte: UInt8) -> Int {
        let bits: UInt64 = byte < 0x40 ? 0x03FF_0000_0000_0000 : 0x07FF_FFFE_07FF_FFFE
        return Int(truncatingIfNeeded: bits &>> UInt64(byte & 0x3F) & 1)
    }

    /// TRC-35
    @inline(__always)
    private static func keeps(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0xD7, 0xF7, 0x2B0...0x36F: false
        case 0xC0...0x1FFF, 0x3040...0xD7FF, 0xF900...0xFDFF, 0x10000...0x1EFFF, 0x20000...0x3FFFF: true
        default: false
        }
    }
}

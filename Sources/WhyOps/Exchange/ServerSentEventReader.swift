/// Cuts a stream of server-sent events into its events without changing a byte (EXC-30, WHATWG HTML 9.2).
///
/// Feed it with `append`, then take items with `next` until there is none; at the end of the stream call `finish`
/// and take the rest. Every byte that goes in comes out in exactly one item, in order.
struct ServerSentEventReader {
    /// A piece of the stream, as ranges of `bytes`.
    enum Item: Equatable {
        /// Bytes that belong to no event: comments, blank lines, or a stream that is passed as it comes.
        case raw(Range<Int>)
        /// A whole event; the values of its `data` fields are in `data` until the next item is taken.
        case event(Range<Int>)
    }

    /// The end of a line as the stream writes it.
    enum LineEnding {
        case lf, cr, crlf

        var bytes: [UInt8] {
            switch self {
            case .lf: [0x0A]
            case .cr: [0x0D]
            case .crlf: [0x0D, 0x0A]
            }
        }
    }

    /// The largest event that is read (EXC-38), and the most that memory leaves of it (PRX-211).
    static let largestEvent = 4 * 1024 * 1024
    var maximumEventLength = Self.largestEvent
    /// How much memory stays between events.
    static let keptCapacity = 64 * 1024

    /// What has been received and not yet let go; the ranges of items count from its start.
    private(set) var bytes: [UInt8] = []
    /// How the stream's last line before a blank one ended.
    private(set) var lineEnding = LineEnding.lf
    /// Whether an event was too large, so that everything from there on is raw.
    private(set) var isPassingThrough = false
    /// Whether the item taken last is what the stream broke off in: its line or its event lacks an end.
    private(set) var isCutOff = false

    /// Where the current item starts, the current line starts, and reading goes on.
    private var itemStart = 0
    private var lineStart = 0
    private var position = 0
    /// The values of the `data` fields of the event that is being read or was taken last.
    private(set) var data: [Range<Int>] = []
    private var isTaken = false
    private var holdsField = false
    private var isFirstLine = true
    /// A carriage return ended the last line, and a line feed that follows belongs to it.
    private var mayStartWithLF = false
    /// That carriage return ended a line that `lineEnding` is taken from.
    private var mayBeCRLF = false
    private var isFinished = false

    /// How many bytes wait for the end of their event.
    var pending: Int { bytes.count - itemStart }
    /// The same with what is noted of its lines, in bytes.
    var held: Int { pending + data.count * MemoryLayout<Range<Int>>.stride }

    /// Takes in the next bytes of the stream.
    mutating func append(_ chunk: Span<UInt8>) {
        letGo()
        // The pointer does not outlive the closure.
        unsafe chunk.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Gives back the memory that a large event took, once no item of it is used any more.
    mutating func shrink() {
        if bytes.capacity > 4 * Self.keptCapacity, pending <= Self.keptCapacity {
            letGo()
            // An array made of the whole of another one would keep its memory.
            var rest: [UInt8] = []
            rest.reserveCapacity(bytes.count)
            rest.append(contentsOf: bytes)
            bytes = rest
        }
        if data.capacity > Self.keptCapacity / 16, data.isEmpty { data = [] }
    }

    /// Says that the stream has ended.
    mutating func finish() {
        letGo()
        isFinished = true
    }

    /// The next item; `nil` until more bytes arrive.
    mutating func next() -> Item? {
        dropTaken()
        if isPassingThrough { return takeRaw(to: bytes.count) }
        while position < bytes.count {
            let byte = bytes[position]
            if mayStartWithLF {
                mayStartWithLF = false
                if byte == 0x0A {
                    // The second half of a CRLF whose line is already judged.
                    if mayBeCRLF { lineEnding = .crlf }
                    position += 1
                    lineStart = position
                    if itemStart == position - 1 { return takeRaw(to: position) }
                    continue
                }
            }
            guard byte == 0x0A || byte == 0x0D else {
                position = ByteSearch.endOfLine(bytes.span, from: position + 1, end: bytes.count)
                continue
            }
            if isTooLarge(position) { return passThrough() }
            let line = lineStart..<position
            position += 1
            if byte == 0x0D {
                if position < bytes.count, bytes[position] == 0x0A {
                    position += 1
                    note(.crlf, line)
                } else {
                    mayStartWithLF = position == bytes.count
                    mayBeCRLF = mayStartWithLF && !line.isEmpty
                    note(.cr, line)
                }
            } else {
                note(.lf, line)
            }
            lineStart = position
            if let item = endLine(line) { return item }
        }
        // A line feed may still follow that carriage return, and where the bytes are cut must not matter (EXC-37).
        if isTooLarge(mayStartWithLF ? position - 1 : position) { return passThrough() }
        return isFinished ? takeRest() : nil
    }

    private func isTooLarge(_ end: Int) -> Bool { end - itemStart > maximumEventLength }

    private mutating func passThrough() -> Item? {
        isPassingThrough = true
        return takeRaw(to: bytes.count)
    }

    private mutating func note(_ ending: LineEnding, _ line: Range<Int>) {
        if !line.isEmpty { lineEnding = ending }
    }

    private mutating func endLine(_ line: Range<Int>) -> Item? {
        var line = line
        if isFirstLine {
            isFirstLine = false
            // A byte order mark before the first field is no part of it.
            if line.count >= 3, bytes[line.lowerBound] == 0xEF, bytes[line.lowerBound + 1] == 0xBB,
                bytes[line.lowerBound + 2] == 0xBF
            {
                line = line.lowerBound + 3..<line.upperBound
            }
        }
        if line.isEmpty { return holdsField ? takeEvent(to: position) : takeRaw(to: position) }
        if bytes[line.lowerBound] == UInt8(ascii: ":") { return holdsField ? nil : takeRaw(to: position) }
        holdsField = true
        readField(line)
        return nil
    }

    private mutating func readField(_ line: Range<Int>) {
        let name: StaticString = "data"
        let length = name.utf8CodeUnitCount
        guard line.count >= length else { return }
        for offset in 0..<length {
            guard bytes[line.lowerBound + offset] == name.withUTF8Buffer({ unsafe $0[offset] }) else { return }
        }
        var start = line.lowerBound + length
        if start == line.upperBound {
            data.append(start..<start)
            return
        }
        guard bytes[start] == UInt8(ascii: ":") else { return }
        start += 1
        if start < line.upperBound, bytes[start] == 0x20 { start += 1 }
        data.append(start..<line.upperBound)
    }

    /// What an unfinished stream ends with: an event that lacks its blank line is still an event.
    private mutating func takeRest() -> Item? {
        guard itemStart < bytes.count else { return nil }
        let line = lineStart..<bytes.count
        position = bytes.count
        lineStart = position
        isCutOff = holdsField || !line.isEmpty
        if !line.isEmpty, let item = endLine(line) { return item }
        return holdsField ? takeEvent(to: bytes.count) : takeRaw(to: bytes.count)
    }

    private mutating func takeRaw(to end: Int) -> Item? {
        guard itemStart < end else { return nil }
        defer { startItem(at: end) }
        return .raw(itemStart..<end)
    }

    private mutating func takeEvent(to end: Int) -> Item {
        defer { startItem(at: end) }
        isTaken = true
        return .event(itemStart..<end)
    }

    private mutating func startItem(at offset: Int) {
        itemStart = offset
        position = offset
        lineStart = offset
        if !isTaken { data.removeAll(keepingCapacity: true) }
        holdsField = false
    }

    /// Forgets the data of the event that was taken last.
    private mutating func dropTaken() {
        guard isTaken else { return }
        isTaken = false
        data.removeAll(keepingCapacity: true)
    }

    /// Drops the bytes of items that have been taken.
    private mutating func letGo() {
        dropTaken()
        guard itemStart > 0 else { return }
        bytes.removeSubrange(0..<itemStart)
        position -= itemStart
        lineStart -= itemStart
        for line in data.indices {
            data[line] = data[line].lowerBound - itemStart..<data[line].upperBound - itemStart
        }
        itemStart = 0
    }
}

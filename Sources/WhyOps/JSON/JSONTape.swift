/// Where every value of a JSON text lies: a flat list in document order, with the text left where it is.
///
/// Nothing is decoded: a string or number is read only when asked for, from the same bytes that were scanned.
/// An object's entries are its members in order, each a name (a string) followed by its value.
public struct JSONTape: Sendable {
    /// What a value is.
    public enum Kind: UInt8, Sendable {
        case object, array, string, number, `true`, `false`, null
    }

    /// A value's place in the list.
    public typealias Index = Int

    /// What the scanner found out about a string on its way.
    struct Traits: OptionSet {
        let rawValue: UInt8
        /// Its bytes are its text: no backslash, nothing above 0x7F.
        static let plain = Traits(rawValue: 1)
        /// It is the name of a member.
        static let name = Traits(rawValue: 2)
        /// A frame may start in it.
        static let mayHoldFrame = Traits(rawValue: 4)
    }

    struct Entry {
        var kind: Kind
        var traits: Traits
        /// The first byte of the value, the opening quote of a string.
        var start: UInt32
        /// The byte after the value.
        var end: UInt32
        /// The entry after this value and all inside it; while a container is open, the entry of its parent.
        var next: UInt32
    }

    /// The list; what stands behind `count` is room for more.
    var entries: [Entry] = []

    /// The number of values and member names.
    public internal(set) var count = 0

    /// An empty tape, ready to scan into.
    public init() {}

    /// Scans one JSON text.
    ///
    /// - Complexity: O(n), one pass; allocates the list only.
    /// - Throws: `JSONFault` with the offset of the first byte that cannot stand.
    public init(scanning bytes: Span<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONFault) {
        try scan(bytes, in: 0..<bytes.count, limits: limits)
    }

    /// The outermost value; a scanned tape always has one.
    public var root: Index { 0 }

    /// What the value is.
    public func kind(_ index: Index) -> Kind { entries[index].kind }

    /// The bytes of the value, quotes and brackets included.
    public func range(_ index: Index) -> Range<Int> {
        Int(entries[index].start)..<Int(entries[index].end)
    }

    /// The bytes between a string's quotes.
    public func contentRange(_ index: Index) -> Range<Int> {
        Int(entries[index].start) + 1..<Int(entries[index].end) - 1
    }

    /// Whether a string's bytes are its text: ASCII without escapes.
    public func isPlain(_ index: Index) -> Bool { entries[index].traits.contains(.plain) }

    /// Whether a string is the name of a member rather than a value.
    public func isName(_ index: Index) -> Bool { entries[index].traits.contains(.name) }

    /// Whether a frame may start in a string, so that it has to be searched; `false` proves that none does.
    func mayHoldFrame(_ index: Index) -> Bool { entries[index].traits.contains(.mayHoldFrame) }

    /// The value after this one and everything inside it.
    public func next(_ index: Index) -> Index { Int(entries[index].next) }

    // MARK: Walking

    /// The items of an array, or the values of an object's members; empty for anything else.
    public func children(_ index: Index) -> Children {
        Children(tape: self, index: index, isObject: entries[index].kind == .object)
    }

    /// The members of an object as pairs of name and value; empty for anything else.
    public func members(_ index: Index) -> Members {
        Members(tape: self, index: index)
    }

    /// The value of the member with this ASCII name; the last one where a name occurs twice, as `JSON.parse` has it.
    public func member(_ name: StaticString, of index: Index, in bytes: Span<UInt8>) -> Index? {
        guard entries[index].kind == .object else { return nil }
        var found: Index?
        var position = index + 1
        let end = next(index)
        while position < end {
            let value = position + 1
            if isString(position, name, in: bytes) { found = value }
            position = next(value)
        }
        return found
    }

    /// The items of an array or the values of an object.
    public struct Children: Sequence, IteratorProtocol {
        let tape: JSONTape
        let isObject: Bool
        let end: Index
        var position: Index

        init(tape: JSONTape, index: Index, isObject: Bool) {
            self.tape = tape
            self.isObject = isObject
            let isContainer = isObject || tape.entries[index].kind == .array
            self.end = isContainer ? tape.next(index) : index + 1
            self.position = index + 1
        }

        /// The next value.
        public mutating func next() -> Index? {
            guard position < end else { return nil }
            let value = isObject ? position + 1 : position
            position = tape.next(value)
            return value
        }
    }

    /// The members of an object.
    public struct Members: Sequence, IteratorProtocol {
        let tape: JSONTape
        let end: Index
        var position: Index

        init(tape: JSONTape, index: Index) {
            self.tape = tape
            self.end = tape.entries[index].kind == .object ? tape.next(index) : index + 1
            self.position = index + 1
        }

        /// The next member.
        public mutating func next() -> (name: Index, value: Index)? {
            guard position < end else { return nil }
            let name = position
            position = tape.next(name + 1)
            return (name, name + 1)
        }
    }

    // MARK: Reading

    /// Whether the value is a string with this ASCII text, however it is escaped.
    @inline(__always)
    public func isString(_ index: Index, _ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        let entry = entries[index]
        // No spelling of a character is shorter than a byte, and nearly all names differ in their length.
        let length = Int(entry.end &- entry.start) &- 2
        guard entry.kind == .string, length >= text.utf8CodeUnitCount else { return false }
        guard entry.traits.contains(.plain) else {
            // No character takes more than the six bytes of an escape, so a long string is not decoded to be told apart.
            return length <= 6 * text.utf8CodeUnitCount && string(index, in: bytes) == text.description
        }
        guard length == text.utf8CodeUnitCount else { return false }
        let start = Int(entry.start) &+ 1
        return length == 0 || Self.isSpelt(text, bytes, at: start)
    }

    /// Whether a text of at least one byte stands at an offset.
    @inline(__always)
    private static func isSpelt(_ text: StaticString, _ bytes: Span<UInt8>, at start: Int) -> Bool {
        // A literal's bytes live as long as the process, and its first one is one of its count.
        let wanted = unsafe text.utf8Start
        guard unsafe bytes[start] == wanted[0] else { return false }
        for offset in 1..<max(1, text.utf8CodeUnitCount) where unsafe bytes[start + offset] != wanted[offset] {
            return false
        }
        return true
    }

    /// The text of a string; lone surrogates become U+FFFD. `nil` for anything but a string.
    public func string(_ index: Index, in bytes: Span<UInt8>) -> String? {
        guard let decoded = utf8(index, in: bytes) else { return nil }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// The text of a string as UTF-8; lone surrogates become U+FFFD. `nil` for anything but a string.
    public func utf8(_ index: Index, in bytes: Span<UInt8>) -> [UInt8]? {
        guard entries[index].kind == .string else { return nil }
        var text: [UInt8] = []
        appendText(of: index, in: bytes, to: &text)
        return text
    }

    /// Appends the text of a string as UTF-8, as `utf8` gives it; nothing for anything but a string.
    func appendText(of index: Index, in bytes: Span<UInt8>, to text: inout [UInt8]) {
        guard entries[index].kind == .string else { return }
        let content = contentRange(index)
        if isPlain(index) {
            text.append(bytes, content)
            return
        }
        // Room for exactly this piece would make the text of a stream move with every one of its pieces.
        if text.isEmpty { text.reserveCapacity(content.count) }
        var offset = content.lowerBound
        while offset < content.upperBound {
            // The scanner has proved that what stands between escapes is UTF-8.
            let escape = ByteSearch.backslash(bytes, from: offset, end: content.upperBound)
            text.append(bytes, offset..<escape)
            var cursor = TextCursor(escape..<content.upperBound, escapes: true)
            if let unit = cursor.next(in: bytes) { text.appendUTF8(unit.scalar) }
            offset = cursor.offset
        }
    }

    /// Takes over the text of a string; what is already the same stays, and so does everything for another kind.
    func take(_ index: Index?, in bytes: Span<UInt8>, into text: inout [UInt8]?) {
        guard let index, entries[index].kind == .string else { return }
        if let old = text, isPlain(index) {
            let content = contentRange(index)
            if content.count == old.count, bytes.extracting(content).equals(old.span) { return }
        }
        text = utf8(index, in: bytes)
    }

    /// The bytes of a value as they stand.
    public func slice(_ index: Index, in bytes: Span<UInt8>) -> [UInt8] {
        bytes.copy(range(index))
    }

    /// An integer written without fraction or exponent that fits; `nil` for anything else.
    public func integer(_ index: Index, in bytes: Span<UInt8>) -> Int? {
        guard entries[index].kind == .number else { return nil }
        var value = 0
        var isNegative = false
        for offset in range(index) {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "-") {
                isNegative = true
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.subtractingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if overflowed || carried { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == Int.min ? nil : -value
    }
}

extension Span where Element == UInt8 {
    /// A copy of some of the bytes.
    package func copy(_ range: Range<Int>) -> [UInt8] {
        // The pointer does not outlive the closure.
        unsafe extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
    }
}

extension Span where Element == UInt8 {
    /// Whether two stretches of the same length have the same bytes.
    func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for offset in 0..<count where self[offset] != other[offset] { return false }
        return true
    }

    /// Whether the bytes are an ASCII text.
    func equals(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && starts(with: text) }

    /// Whether the bytes begin with an ASCII text.
    func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for offset in 0..<wanted.count where unsafe self[offset] != wanted[offset] { return false }
            return true
        }
    }
}

extension [UInt8] {
    /// Appends some bytes of a text.
    mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        // The pointer does not outlive the closure.
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Appends a scalar; a surrogate becomes U+FFFD.
    mutating func appendUTF8(_ value: UInt32) {
        let value = (0xD800...0xDFFF).contains(value) ? 0xFFFD : value
        switch value {
        case 0..<0x80:
            append(UInt8(value))
        case 0x80..<0x800:
            append(UInt8(0xC0 | value >> 6))
            append(UInt8(0x80 | value & 0x3F))
        case 0x800..<0x10000:
            append(UInt8(0xE0 | value >> 12))
            append(UInt8(0x80 | value >> 6 & 0x3F))
            append(UInt8(0x80 | value & 0x3F))
        default:
            append(UInt8(0xF0 | value >> 18))
            append(UInt8(0x80 | value >> 12 & 0x3F))
            append(UInt8(0x80 | value >> 6 & 0x3F))
            append(UInt8(0x80 | value & 0x3F))
        }
    }
}

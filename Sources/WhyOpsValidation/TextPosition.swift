/// Where a reader of a text is, in lines and code points, counted byte by byte.
struct TextPosition: Hashable, Sendable {
    private(set) var line = 1
    /// Code points before this place in its line.
    private var before = 0

    var place: TextPlace { TextPlace(line: line, column: before + 1) }

    mutating func pass(_ byte: UInt8) {
        if byte == UInt8(ascii: "\n") {
            line += 1
            before = 0
        } else if byte & 0xC0 != 0x80 {
            // The first byte of a code point.
            before += 1
        }
    }

    mutating func pass(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { pass(byte) }
    }

    /// Goes to the line after the next one that ends.
    mutating func passLine() {
        line += 1
        before = 0
    }

    /// The place of an offset in a text that begins here.
    ///
    /// - Complexity: O(offset).
    func place(of offset: Int, in bytes: [UInt8]) -> TextPlace {
        var position = self
        position.pass(bytes.prefix(offset))
        return position.place
    }
}

/// Cuts what a testee says into lines.
struct LineBuffer {
    /// A line longer than this is no answer.
    static let maximumLength = 256 << 20

    private var bytes: [UInt8] = []
    private var start = 0
    private var searched = 0

    /// Whether a line has grown too long to be one.
    var isTooLong: Bool { bytes.count - start > Self.maximumLength }

    mutating func append(_ chunk: [UInt8]) {
        if start > 0, start == bytes.count || start > 1 << 20 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes += chunk
    }

    /// The next whole line without its end; empty lines are passed over.
    mutating func next() -> [UInt8]? {
        while let end = ByteText.index(of: 0x0A, in: bytes, from: searched) {
            var line = bytes[start..<end]
            start = end + 1
            searched = start
            if line.last == 0x0D { line.removeLast() }
            if !line.isEmpty { return Array(line) }
        }
        searched = bytes.count
        return nil
    }
}

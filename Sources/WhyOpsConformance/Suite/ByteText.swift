/// What is done with whole texts of bytes, in plain loops: generic algorithms take their time in debug builds.
package enum ByteText {
    /// The pieces one after the other.
    package static func joined(_ pieces: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        var count = 0
        for piece in pieces { count += piece.count }
        bytes.reserveCapacity(count)
        for piece in pieces { bytes.append(contentsOf: piece) }
        return bytes
    }

    /// The lines of a text whose lines all end with a line feed, without their ends; what follows the last is left out.
    package static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        while let end = index(of: 0x0A, in: bytes, from: start) {
            lines.append(Array(bytes[start..<end]))
            start = end + 1
        }
        return lines
    }

    /// The text with other line ends.
    static func replacingLineFeeds(_ bytes: [UInt8], with end: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte == 0x0A { result.append(contentsOf: end) } else { result.append(byte) }
        }
        return result
    }

    static func index(of byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        var offset = start
        while offset < bytes.count {
            if bytes[offset] == byte { return offset }
            offset += 1
        }
        return nil
    }
}

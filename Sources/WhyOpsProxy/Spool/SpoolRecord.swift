/// How a record stands in a file of the spool: a marker, the length of the payload, its checksum, the payload.
///
/// The marker is eight random bytes of the file's own, known from its name: no text that a client sends can hold it, so
/// wherever a file is damaged the next record is where the marker comes next (PRX-63).
enum SpoolRecord {
    /// Marker, length and checksum: eight bytes each, the lowest byte first.
    static let headSize = 24

    /// An empty head for a payload to be appended to.
    static func beginning(capacity: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headSize + capacity)
        bytes.append(contentsOf: repeatElement(0, count: headSize))
        return bytes
    }

    /// Fills in length and checksum once the payload is there; the marker comes with the file.
    static func seal(_ bytes: inout [UInt8]) {
        let length = UInt64(bytes.count - headSize)
        let sum = SpoolChecksum.of(bytes.span.bytes.extracting(droppingFirst: headSize))
        put(length, at: 8, in: &bytes)
        put(sum, at: 16, in: &bytes)
    }

    /// Fills in the marker.
    static func mark(_ bytes: inout [UInt8], with marker: UInt64) {
        put(marker, at: 0, in: &bytes)
    }

    // MARK: Reading

    enum Reading: Equatable {
        /// A record whose payload is whole.
        case record(payload: Range<Int>)
        /// More bytes are needed, this many from the record's start.
        case incomplete(needed: Int)
        /// What stands there is no whole record.
        case damaged
    }

    /// Reads the record at a place.
    ///
    /// - Parameters:
    ///   - bytes: a part of a file.
    ///   - start: where the record begins in `bytes`.
    ///   - remaining: how many bytes the file has from there on, which may be more than `bytes` holds.
    static func read(_ bytes: [UInt8], at start: Int, marker: UInt64, remaining: Int) -> Reading {
        let available = bytes.count - start
        if remaining < headSize { return .damaged }
        if available < headSize { return .incomplete(needed: headSize) }
        guard number(bytes, at: start) == marker, let length = Int(exactly: number(bytes, at: start + 8)),
            length <= remaining - headSize
        else { return .damaged }
        if available < headSize + length { return .incomplete(needed: headSize + length) }
        let payload = start + headSize..<start + headSize + length
        guard SpoolChecksum.of(bytes.span.bytes.extracting(payload)) == number(bytes, at: start + 16) else {
            return .damaged
        }
        return .record(payload: payload)
    }

    /// Where the marker comes next, at `start` or later.
    ///
    /// - Complexity: O(n); a false first byte costs a comparison of eight.
    static func nextMarker(_ marker: UInt64, in bytes: [UInt8], from start: Int) -> Int? {
        let first = UInt8(truncatingIfNeeded: marker)
        var place = start
        while bytes.count - place >= 8 {
            if bytes[place] == first, number(bytes, at: place) == marker { return place }
            place += 1
        }
        return nil
    }

    private static func number(_ bytes: [UInt8], at start: Int) -> UInt64 {
        var number: UInt64 = 0
        for index in (0..<8).reversed() { number = number << 8 | UInt64(bytes[start + index]) }
        return number
    }

    private static func put(_ number: UInt64, at start: Int, in bytes: inout [UInt8]) {
        for index in 0..<8 { bytes[start + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))) }
    }
}

/// Reads entries out of one file of a spool, over what is damaged in it (PRX-63).
struct SpoolPortionReader {
    let segment: SpoolSegment

    /// How much is read at once, unless a record is longer.
    private static let chunkBytes = 1 << 20
    /// The most events of one portion.
    private static let maximumEvents = 1000

    /// The entries from a place on; without entries the end is that of the file.
    func portion(from start: Int) throws(SpoolError) -> QueuedPortion {
        var portion = QueuedPortion(entries: [], segment: segment.number, end: start)
        var wanted = Self.chunkBytes
        var isSkipping = false
        var size = segment.size
        while portion.end < size {
            let base = portion.end
            let bytes = try segment.file.read(min(wanted, size - base), at: base)
            // Somebody may have cut the file.
            if bytes.count < min(wanted, size - base) { size = base + bytes.count }
            var place = 0
            var events = portion.entries.reduce(0) { $0 + $1.eventCount }
            reading: while place < bytes.count {
                if isSkipping {
                    guard let next = SpoolRecord.nextMarker(segment.marker, in: bytes, from: place) else {
                        // The first bytes of a marker may be here, and the others behind.
                        place = base + bytes.count >= size ? bytes.count : max(place, bytes.count - 7)
                        break reading
                    }
                    place = next
                    isSkipping = false
                }
                let remaining = size - base - place
                switch SpoolRecord.read(bytes, at: place, marker: segment.marker, remaining: remaining) {
                case .record(let payload):
                    if let entry = QueuedEntry(payload: bytes[payload]) {
                        portion.entries.append(entry)
                        events += entry.eventCount
                    } else {
                        portion.damaged += 1
                    }
                    place = payload.upperBound
                    if events >= Self.maximumEvents { break reading }
                case .incomplete(let needed):
                    wanted = max(Self.chunkBytes, needed)
                    break reading
                case .damaged:
                    portion.damaged += 1
                    place += 1
                    isSkipping = true
                }
            }
            portion.end = base + place
            if !portion.entries.isEmpty, !isSkipping { break }
        }
        if portion.end >= size { portion.end = segment.size }
        return portion
    }
}

/// Reads entries out of one file of a spool, over what is damaged in it (PRX-63).
struct SpoolPortionReader {
    let segment: SpoolSegment
    var disk = SpoolDisk()

    /// How much is read at once, unless a record is longer.
    private static let chunkBytes = 1 << 20
    /// The most events of one portion.
    private static let maximumEvents = 1000

    /// The entries from a place on; without entries the end is that of the file.
    func portion(from start: Int) -> QueuedPortion {
        var portion = QueuedPortion(entries: [], segment: segment.number, end: start)
        var wanted = Self.chunkBytes
        var isSkipping = false
        var size = segment.size
        while portion.end < size {
            let base = portion.end
            let (bytes, isWhole) = read(min(wanted, size - base), at: base)
            if !isWhole { portion.isUnreadable = true }
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
                        // What it says is as it was written, but by a later version.
                        portion.unknown += bytes[place..<payload.upperBound]
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

    /// The bytes from a place on, with zeros where the disk does not give them.
    private func read(_ count: Int, at place: Int) -> (bytes: [UInt8], isWhole: Bool) {
        if let bytes = try? disk.read(segment.file, count, place) { return (bytes, true) }
        var bytes: [UInt8] = []
        var isWhole = true
        while bytes.count < count {
            // To the end of a page of the file: disks fail by sectors.
            let start = place + bytes.count
            let length = min(Self.pageBytes - start % Self.pageBytes, count - bytes.count)
            guard let page = try? disk.read(segment.file, length, start) else {
                bytes += repeatElement(0, count: length)
                isWhole = false
                continue
            }
            bytes += page
            if page.count < length { break }
        }
        return (bytes, isWhole)
    }

    private static let pageBytes = 4096
}

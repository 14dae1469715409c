import Logging
import Synchronization

extension Spool {
    func next() -> QueuedPortion? {
        while true {
            if let abortions = abortions() { return abortions }
            let place = state.withLock { state in
                state.segments.first.flatMap { state.readOffset < $0.size ? ($0, state.readOffset) : nil }
            }
            guard let (segment, offset) = place else {
                // The first file is read to its end; there may be another one behind it.
                guard state.withLock({ $0.segments.count }) > 1 else { return nil }
                removeDrained(includingLast: false)
                continue
            }
            do throws(SpoolError) {
                let portion = try SpoolPortionReader(segment: segment).portion(from: offset)
                if !portion.entries.isEmpty { return portion }
                // Nothing that can be read is left in this file.
                remove(portion)
            } catch {
                setAside(segment, error)
            }
        }
    }

    /// What is to be said of the exchanges of an earlier process, once all that it left is in the store: none of them
    /// will get an end of its own (PRX-69).
    private func abortions() -> QueuedPortion? {
        state.withLock { state in
            let isRead = state.segments.first.map { $0.number >= firstOwnNumber } ?? true
            guard isRead, !state.abandoned.isEmpty else { return nil }
            return QueuedPortion(entries: state.abandoned.abortions)
        }
    }

    func remove(_ portion: QueuedPortion) {
        state.withLock { state in
            guard state.segments.first?.number == portion.segment else {
                // No file has the number 0: these are the abortions.
                if portion.segment == 0 { state.abandoned.removeAll() }
                return
            }
            state.readOffset = portion.end
            guard portion.segment < firstOwnNumber else { return }
            for entry in portion.entries { state.abandoned.note(entry, segment: portion.segment) }
        }
        if portion.damaged > 0 {
            logger.error(
                "Records of the spool are damaged or cut off; they are skipped",
                metadata: ["records": "\(portion.damaged)", "segment": "\(portion.segment)"]
            )
        }
        removeDrained(includingLast: false)
    }

    /// Goes on with the next file; this one stays on the disk, for the next start or for a person.
    private func setAside(_ segment: SpoolSegment, _ error: SpoolError) {
        logger.error("A file of the spool is left as it is", metadata: ["reason": "\(error.message)"])
        state.withLock { state in
            guard state.segments.first?.number == segment.number else { return }
            if state.segments.count == 1 { state.isOpen = false }
            state.total -= state.segments.removeFirst().size
            state.readOffset = 0
        }
    }
}

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

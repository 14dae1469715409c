import Logging
import Synchronization

extension Spool {
    func next() async -> QueuedPortion? {
        await onThread { self.nextPortion() }
    }

    func remove(_ portion: QueuedPortion) async {
        await onThread { self.removePortion(portion) }
    }

    func isOfEarlierProcess(_ portion: QueuedPortion) -> Bool { portion.segment < firstOwnNumber }

    private func nextPortion() -> QueuedPortion? {
        while true {
            if let abortions = abortions() { return abortions }
            let place = state.withLock { state in
                state.segments.first.flatMap { state.readOffset < $0.size ? ($0, state.readOffset) : nil }
            }
            guard let (segment, offset) = place else {
                // The first file is read to its end; there may be another one behind it.
                guard state.withLock({ $0.segments.count }) > 1 else { return nil }
                removeRead(includingLast: false)
                continue
            }
            let portion = SpoolPortionReader(segment: segment, disk: disk).portion(from: offset)
            if !portion.entries.isEmpty { return portion }
            // Nothing that can be read is left in this file.
            removePortion(portion)
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

    private func removePortion(_ portion: QueuedPortion) {
        keepAside(portion)
        state.withLock { state in
            guard state.segments.first?.number == portion.segment else {
                // No file has the number 0: these are the abortions.
                if portion.segment == 0 { state.abandoned.removeAll() }
                return
            }
            state.readOffset = portion.end
            guard portion.segment < firstOwnNumber else {
                for case .events(let events, _) in portion.entries {
                    state.waitingEvents -= events.count { !SpoolGaps.isMarker($0) }
                }
                return
            }
            for entry in portion.entries { state.abandoned.note(entry, segment: portion.segment) }
        }
        if portion.damaged > 0 {
            logger.error(
                "Records of the spool are damaged or cut off; they are skipped",
                metadata: ["records": "\(portion.damaged)", "segment": "\(portion.segment)"]
            )
        }
        removeRead(includingLast: false)
    }

    /// What of a portion is for another version or for a person.
    private func keepAside(_ portion: QueuedPortion) {
        if portion.isUnreadable { state.withLock { _ = $0.unreadable.insert(portion.segment) } }
        guard !portion.unknown.isEmpty,
            let segment = state.withLock({ $0.segments.first }), segment.number == portion.segment
        else { return }
        var metadata: Logger.Metadata = ["bytes": "\(portion.unknown.count)", "segment": "\(portion.segment)"]
        do throws(SpoolError) {
            try folder.keep(portion.unknown, of: segment, disk)
            state.withLock { $0.total += portion.unknown.count }
        } catch {
            // Then all of the file is kept.
            state.withLock { _ = $0.unreadable.insert(portion.segment) }
            metadata["reason"] = "\(error.message)"
        }
        logger.error("Records of the spool are of a later version; they are kept for it", metadata: metadata)
    }

    // MARK: Removing

    /// Removes the files that the store has everything of, as far as no other process would need them.
    func removeRead(includingLast: Bool) {
        let carries = state.withLock { state in
            finishRead(includingLast, &state)
            carryOpenExchanges(&state)
            return !state.carriers.isEmpty
        }
        if carries { sync() }
        for segment in state.withLock({ $0.removable() }) {
            do throws(SpoolError) {
                if state.withLock({ $0.unreadable.contains(segment.number) }) {
                    try folder.setAside(segment)
                    logger.error("A file of the spool cannot be read whole", metadata: ["file": "\(segment.file.path)"])
                } else {
                    try SpoolFile.remove(segment.file.path)
                }
            } catch {
                let isNews = state.withLock { state in
                    defer { state.stuck = segment.number }
                    return state.stuck != segment.number
                }
                if isNews { logger.error("A file of the spool stays", metadata: ["reason": "\(error.message)"]) }
                return
            }
            state.withLock { state in
                state.finished.removeFirst()
                // What is set aside takes its room as before.
                if state.unreadable.remove(segment.number) == nil { state.total -= segment.size }
            }
        }
    }

    private func finishRead(_ includingLast: Bool, _ state: inout State) {
        while let first = state.segments.first, state.readOffset >= first.size {
            let isWritten = state.isOpen && state.segments.count == 1
            // The file that is written goes as well once it is worth the work of making another one.
            if isWritten, !includingLast, first.size < min(1 << 20, configuration.segmentBytes) { return }
            if isWritten { state.isOpen = false }
            state.finished.append(state.segments.removeFirst())
            state.readOffset = 0
        }
    }

    /// Before a file goes that alone speaks of exchanges of this process without an end, another one has to (PRX-69).
    private func carryOpenExchanges(_ state: inout State) {
        let limit = configuration.maximumBytes + configuration.reserveBytes
        for segment in state.finished {
            for entry in state.open.entries(of: segment.number) {
                var record = entry.record
                // Where there is no room, the file stays until there is or until its exchanges have ended.
                guard (try? write(&record, limit: limit, &state)) != nil, let last = state.segments.last else { return }
                state.open.note(entry, segment: last.number)
                state.carriers.insert(last.number)
            }
        }
    }
}

extension Spool.State {
    /// The files that may be removed, in this order.
    ///
    /// One that speaks of an exchange of an earlier process stays until the store has its end or its abortion, and so does
    /// what comes after it: another process would take an exchange for aborted whose end it does not find.
    fileprivate mutating func removable() -> [SpoolSegment] {
        if carriers.isDisjoint(with: syncing.files.union(syncing.failed)) { carriers = [] }
        guard carriers.isEmpty else { return [] }
        return Array(finished.prefix { !abandoned.isNamed(in: $0.number) && !open.isNamed(in: $0.number) })
    }
}

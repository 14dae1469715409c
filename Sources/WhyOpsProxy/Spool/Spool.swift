package import Logging
import Synchronization
import WhyOps
import WhyOpsStore

/// Entries that wait for the store in files, so that they are still there when the process is killed.
///
/// `append` writes into the system's cache of the file and returns: that survives the process. A sync a few milliseconds
/// later, one for all that came meanwhile, makes it survive the machine (PRX-61). What is read for the store is read from
/// the files, so memory stays as it is however long the store is away.
package final class Spool: EventQueue {
    struct State {
        /// What is still to be read, oldest first; those before this process's first one were left by another.
        var segments: [SpoolSegment]
        /// What is read to its end and still there, oldest first: a file goes after all that came before it, and when no
        /// other process would need it to know which exchanges have ended (PRX-69).
        var finished: [SpoolSegment] = []
        /// Whether the last of them takes records: it is this process's own, and nothing went wrong with it.
        var isOpen = false
        var nextNumber: Int
        /// Bytes of all files.
        var total: Int
        /// Where the store's next record is in the first segment.
        var readOffset = 0
        var gaps = SpoolGaps()
        /// Exchanges of this process.
        var open = OpenExchanges()
        /// Exchanges of earlier ones, as far as their files have been read.
        var abandoned = OpenExchanges()
        /// Exchanges that have ended, which no file says because their ends could not be kept.
        var unsaid: [String] = []
        var lost = 0
        /// Events of this process that the store does not have yet.
        var waitingEvents = 0
        /// Files that took over open exchanges from others, which do not go before the disk has these.
        var carriers: Set<Int> = []
        var syncing = SpoolSyncing()
        /// The file that could not be removed last.
        var stuck: Int?
        /// Files that the disk does not give all of; they are kept for a person.
        var unreadable: Set<Int> = []
        var isClosed = false
    }

    let configuration: SpoolConfiguration
    let logger: Logger
    let state: Mutex<State>
    /// The number of this process's first file.
    let firstOwnNumber: Int
    let folder: SpoolFolder
    let disk: SpoolDisk
    /// Held while files are synced.
    let syncLock = Mutex<Void>(())

    /// Takes the folder for this process and finds what an earlier one left.
    package convenience init(_ configuration: SpoolConfiguration, logger: Logger) throws(SpoolError) {
        try self.init(configuration, logger: logger, disk: SpoolDisk())
    }

    init(_ configuration: SpoolConfiguration, logger: Logger, disk: SpoolDisk) throws(SpoolError) {
        self.configuration = configuration
        self.logger = logger
        self.disk = disk
        folder = try SpoolFolder(configuration.folder, disk: disk)
        let segments = try folder.segments()
        let waiting = segments.reduce(0) { $0 + $1.size }
        let total = waiting + (try folder.bytesAside())
        firstOwnNumber = (segments.last?.number ?? 0) + 1
        state = Mutex(State(segments: segments, nextNumber: firstOwnNumber, total: total))
        if waiting > 0 {
            logger.notice("Events of an earlier run wait in the spool", metadata: ["bytes": "\(waiting)"])
        }
    }

    var lost: Int { state.withLock { $0.lost } }

    var waiting: (events: Int, bytes: Int) {
        state.withLock { state in
            (state.waitingEvents, state.segments.reduce(0) { $0 + $1.size } - state.readOffset)
        }
    }

    var isDurable: Bool { true }

    /// Whether nothing is waiting for the store.
    package var isEmpty: Bool {
        state.withLock { $0.isRead && $0.abandoned.isEmpty }
    }

    // MARK: Appending

    func append(_ entry: QueuedEntry) -> QueueRefusal? {
        // Encoded before the lock is taken; only the write is inside, for the order of records.
        var record = entry.record
        let (refusal, syncs) = state.withLock { state -> (QueueRefusal?, Bool) in
            do throws(QueueRefusal) {
                try append(entry, &record, &state)
                return (nil, state.syncing.isDue())
            } catch {
                return (error, state.syncing.isDue())
            }
        }
        if syncs { scheduleSync() }
        return refusal
    }

    /// Notes what a written entry says of exchanges.
    func note(_ entry: QueuedEntry, _ state: inout State) {
        guard case .events(let events, let tenant) = entry else { return }
        state.gaps.remove(for: events, tenant: tenant)
        state.waitingEvents += events.count { !SpoolGaps.isMarker($0) }
        state.open.note(entry, segment: state.segments.last?.number ?? 0)
    }

    func append(_ entry: QueuedEntry, _ record: inout [UInt8], _ state: inout State) throws(QueueRefusal) {
        guard case .events(let events, let tenant) = entry else {
            return try write(&record, limit: configuration.maximumBytes, &state)
        }
        do {
            // A trace says what it lacks before it goes on, so the marker stands where the events would.
            let markers = state.gaps.markers(for: events, tenant: tenant).map(\.record)
            let size = markers.reduce(record.count) { $0 + $1.count }
            try checkRoom(for: size, limit: configuration.maximumBytes, state)
            for var marker in markers { try write(&marker, limit: configuration.maximumBytes, &state) }
            if !markers.isEmpty { state.gaps.mark(for: events, tenant: tenant) }
            try write(&record, limit: configuration.maximumBytes, &state)
            note(entry, &state)
            sayEnds(tenant, &state)
        } catch {
            lose(events, tenant, error.reason, &state)
            throw error
        }
    }

    private func checkRoom(for size: Int, limit: Int, _ state: State) throws(QueueRefusal) {
        if state.isClosed { throw QueueRefusal(reason: .spoolFailed, detail: "the spool is closed") }
        if state.total + size > limit {
            throw QueueRefusal(reason: .spoolFull, detail: "\(state.total) bytes of \(limit) are taken")
        }
    }

    /// Writes a record behind the others, into a new file where this one is long enough.
    func write(_ record: inout [UInt8], limit: Int, _ state: inout State) throws(QueueRefusal) {
        try checkRoom(for: record.count, limit: limit, state)
        do throws(SpoolError) {
            let size = state.isOpen ? state.segments[state.segments.count - 1].size : 0
            if !state.isOpen || (size > 0 && size + record.count > configuration.segmentBytes) {
                try openSegment(&state)
            } else if size > 0 {
                do throws(SpoolError) {
                    return try put(&record, &state)
                } catch {
                    // A file with a fault is not written again; a new one may do.
                    try openSegment(&state)
                }
            }
            try put(&record, &state)
        } catch {
            throw QueueRefusal(reason: .spoolFailed, detail: error.message)
        }
    }

    private func put(_ record: inout [UInt8], _ state: inout State) throws(SpoolError) {
        SpoolRecord.mark(&record, with: state.segments[state.segments.count - 1].marker)
        try write(record, &state)
    }

    /// Writes what is marked already behind the last record.
    func write(_ record: [UInt8], _ state: inout State) throws(SpoolError) {
        let last = state.segments.count - 1
        let segment = state.segments[last]
        do throws(SpoolError) {
            try segment.file.write(record, at: segment.size)
        } catch {
            segment.file.truncate(to: segment.size)
            throw error
        }
        state.segments[last].size += record.count
        state.total += record.count
        state.syncing.files.insert(segment.number)
    }

    private func openSegment(_ state: inout State) throws(SpoolError) {
        state.isOpen = false
        state.segments.append(try folder.makeSegment(number: state.nextNumber))
        state.nextNumber += 1
        state.isOpen = true
        state.syncing.folder = true
    }

    // MARK: Losing

    func lose(_ count: Int) {
        state.withLock { $0.lost += count }
    }

    func lose(_ events: [Event], _ tenant: Tenant, _ reason: GapReason, _ state: inout State) {
        state.lost += events.count
        state.gaps.note(events, tenant: tenant, reason: reason)
        state.unsaid += state.open.end(events)
        defer { sayEnds(tenant, &state) }
        // A full spool has a reserve for saying so, so that the gap is known also after a crash.
        guard reason == .spoolFull, state.gaps.areNew(for: events, tenant: tenant) else { return }
        for marker in state.gaps.markers(for: events, tenant: tenant) {
            var record = marker.record
            let limit = configuration.maximumBytes + configuration.reserveBytes
            guard (try? write(&record, limit: limit, &state)) != nil else { return }
        }
        state.gaps.mark(for: events, tenant: tenant)
    }

    /// An exchange whose end was lost must not look as if its process had ended first (PRX-69).
    private func sayEnds(_ tenant: Tenant, _ state: inout State) {
        if state.unsaid.isEmpty { return }
        var record = QueuedEntry.ended(state.unsaid, tenant).record
        let limit = configuration.maximumBytes + configuration.reserveBytes
        if (try? write(&record, limit: limit, &state)) != nil { state.unsaid = [] }
    }

    func takeGaps() -> [QueuedEntry] {
        state.withLock { $0.gaps.takeAll() }
    }

    func close() async {
        state.withLock { $0.isClosed = true }
        await onThread {
            self.sync()
            self.removeRead(includingLast: true)
        }
    }
}

extension Spool.State {
    /// Whether the store has every record.
    var isRead: Bool {
        segments.isEmpty || segments.count == 1 && readOffset >= segments[0].size
    }
}

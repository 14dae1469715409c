import Logging
import Synchronization

/// What of the spool the disk may lack, and who is about to change that.
struct SpoolSyncing {
    /// Files with records that the disk may not have yet.
    var files: Set<Int> = []
    /// Files that could not be synced. The system may call their pages clean although the disk lacks them, so all that
    /// they have is written once more before the next attempt (PRX-71).
    var failed: Set<Int> = []
    /// Whether names of files may be missing on the disk.
    var folder = false
    /// Whether a sync is to begin soon.
    var isScheduled = false
    /// Whether what failed is to be tried again with the next sync.
    var retries = false
    var isRetryScheduled = false
    var isRunning = false
    /// Whether one was to begin while another was running.
    var isOverdue = false

    /// Whether the disk has all there is.
    var isDone: Bool { files.isEmpty && failed.isEmpty && !folder && !isScheduled && !isRunning }

    /// Says whether a sync is to be scheduled for what there is, and notes that it will be.
    mutating func isDue() -> Bool {
        if isScheduled || files.isEmpty && !folder { return false }
        isScheduled = true
        return true
    }
}

extension Spool {
    /// How long a record waits for others to be synced with; a little less than PRX-61 says.
    private static let syncDelay = Duration.milliseconds(4)

    /// Whether the disk has everything that was appended and that the store does not have.
    var isSynced: Bool { state.withLock { $0.syncing.isDone } }

    func scheduleSync() {
        Task {
            try? await Task.sleep(for: Self.syncDelay)
            await self.beginSync { $0.isScheduled = false }
        }
    }

    private func scheduleRetry() {
        Task {
            try? await Task.sleep(for: disk.retryDelay)
            await self.beginSync {
                $0.isRetryScheduled = false
                $0.retries = true
            }
        }
    }

    /// Syncs what there is, unless a sync is running, which then goes on with it: a slow disk takes one thread.
    private func beginSync(_ note: (inout SpoolSyncing) -> Void) async {
        let begins = state.withLock { state in
            note(&state.syncing)
            defer { state.syncing.isRunning = true }
            state.syncing.isOverdue = state.syncing.isRunning
            return !state.syncing.isRunning
        }
        guard begins else { return }
        let retriesLater = await onThread {
            repeat { self.sync() } while self.state.withLock { $0.syncing.goesOn() }
            return self.state.withLock { $0.syncing.isRetryDue($0.isClosed) }
        }
        if retriesLater { scheduleRetry() }
    }

    /// Brings to the disk what was appended since the last time and is not in the store yet.
    func sync() {
        syncLock.withLock { _ in
            let (files, syncsFolder) = state.withLock { state in
                let files = state.takeUnsynced()
                defer { state.syncing.folder = false }
                return (files, state.syncing.folder)
            }
            var done: Set<Int> = []
            var reason: String?
            for (segment, isWrittenAgain) in files {
                do throws(SpoolError) {
                    if isWrittenAgain { try segment.file.rewrite(segment.size) }
                    try disk.sync(segment.file)
                    done.insert(segment.number)
                } catch {
                    reason = error.message
                }
            }
            var isFolderSynced = true
            if syncsFolder {
                do throws(SpoolError) {
                    try disk.sync(folder.file)
                } catch {
                    isFolderSynced = false
                    reason = error.message
                }
            }
            if let reason { logger.error("The spool cannot be synced", metadata: ["reason": "\(reason)"]) }
            state.withLock { state in
                let failed = Set(files.map(\.segment.number)).subtracting(done)
                state.syncing.failed.subtract(done)
                state.syncing.failed.formUnion(failed.intersection((state.finished + state.segments).map(\.number)))
                if !isFolderSynced { state.syncing.folder = true }
            }
        }
    }
}

extension SpoolSyncing {
    /// Whether the one that has just ended is to begin again at once.
    fileprivate mutating func goesOn() -> Bool {
        defer { isOverdue = false }
        isRunning = isOverdue
        return isOverdue
    }

    /// Whether an attempt is to be scheduled for what failed, and notes that it will be.
    fileprivate mutating func isRetryDue(_ isClosed: Bool) -> Bool {
        if isClosed || isRetryScheduled || failed.isEmpty && !folder { return false }
        isRetryScheduled = true
        return true
    }
}

extension Spool.State {
    /// What is to be synced now, each with whether it is to be written again before.
    fileprivate mutating func takeUnsynced() -> [(segment: SpoolSegment, isWrittenAgain: Bool)] {
        // A file that failed waits for its turn, also with what was appended to it since.
        let wanted = syncing.retries || isClosed ? syncing.files.union(syncing.failed) : syncing.files
        let waiting = syncing.retries || isClosed ? [] : syncing.failed
        syncing.files = []
        syncing.retries = false
        // What the store has is on the disk already, but for what a file has taken over from others.
        let needed = (finished + segments).filter { !isStored($0) || carriers.contains($0.number) }
        syncing.failed.formIntersection(needed.map(\.number))
        return needed.compactMap { segment in
            guard wanted.contains(segment.number), !waiting.contains(segment.number) else { return nil }
            return (segment, syncing.failed.contains(segment.number))
        }
    }

    /// Whether the store has all of a file.
    private func isStored(_ segment: SpoolSegment) -> Bool {
        finished.contains { $0.number == segment.number }
            || segments.first?.number == segment.number && readOffset >= segment.size
    }
}

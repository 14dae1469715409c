import Synchronization
import WhyOps
import WhyOpsStore

/// Two entries that are appended at once: what a reply gave out, and its event.
extension Spool {
    func append(_ first: QueuedEntry, _ second: QueuedEntry) -> (first: QueueRefusal?, second: QueueRefusal?) {
        var records = (first.record, second.record)
        let (refusals, syncs) = state.withLock { state -> ((QueueRefusal?, QueueRefusal?), Bool) in
            // Nearly always both fit behind what is there, and then one write does for both.
            if put(&records.0, &records.1, &state) {
                note(first, &state)
                note(second, &state)
                return ((nil, nil), state.syncing.isDue())
            }
            var refusals: (QueueRefusal?, QueueRefusal?) = (nil, nil)
            do throws(QueueRefusal) { try append(first, &records.0, &state) } catch { refusals.0 = error }
            do throws(QueueRefusal) { try append(second, &records.1, &state) } catch { refusals.1 = error }
            return (refusals, state.syncing.isDue())
        }
        if syncs { scheduleSync() }
        return refusals
    }

    /// Writes two records at once into a file that has room for both; `false` where that cannot be, or where something is
    /// to be said first, and then nothing is written.
    private func put(_ first: inout [UInt8], _ second: inout [UInt8], _ state: inout State) -> Bool {
        guard state.isOpen, state.gaps.isEmpty, state.unsaid.isEmpty, !state.isClosed else { return false }
        let size = state.segments[state.segments.count - 1].size
        let more = first.count + second.count
        guard size > 0, size + more <= configuration.segmentBytes, state.total + more <= configuration.maximumBytes
        else { return false }
        let marker = state.segments[state.segments.count - 1].marker
        SpoolRecord.mark(&first, with: marker)
        SpoolRecord.mark(&second, with: marker)
        do throws(SpoolError) {
            try write(first + second, &state)
            return true
        } catch {
            // A file with a fault is not written again.
            state.isOpen = false
            return false
        }
    }
}

import WhyOps
import WhyOpsStore

/// What one call of the recorder leaves for the store.
enum QueuedEntry: Sendable, Equatable {
    /// Events, in the order of what happened.
    case events([Event], Tenant)
    /// Which trace gave out which ids.
    case links([StitchLink], Tenant)
    /// An exchange whose end is still to come: nothing for the store, but for the next process.
    case open(OpenExchange, Tenant)
    /// Spans of exchanges whose ends could not be kept: nothing for the store either.
    case ended([String], Tenant)

    /// The number of events.
    var eventCount: Int {
        if case .events(let events, _) = self { events.count } else { 0 }
    }
}

/// Where entries wait until the store has them.
protocol EventQueue: Sendable {
    /// Takes an entry at once; gives why where it cannot be kept, and has counted its events as lost then.
    func append(_ entry: QueuedEntry) -> QueueRefusal?

    /// Takes two entries, as two calls for one do.
    func append(_ first: QueuedEntry, _ second: QueuedEntry) -> (first: QueueRefusal?, second: QueueRefusal?)

    /// The entries that came first, in order of arrival, as many as one round to the store carries; `nil` where nothing
    /// waits. The same ones come again until they are removed.
    func next() async -> QueuedPortion?

    /// Forgets a portion that the store has.
    func remove(_ portion: QueuedPortion) async

    /// Whether a portion was left by an earlier process.
    func isOfEarlierProcess(_ portion: QueuedPortion) -> Bool

    /// Events that are known to be missing from traces, as events that say so (PRX-65).
    func takeGaps() -> [QueuedEntry]

    /// Counts events that will be in no store although they were taken.
    func lose(_ count: Int)

    /// Events that could not be kept.
    var lost: Int { get }

    /// How many events of this process the store does not have yet, and how many bytes wait in all.
    var waiting: (events: Int, bytes: Int) { get }

    /// Whether what waits is still there when the process is started again.
    var isDurable: Bool { get }

    /// Ends the queue; nothing is appended any more.
    func close() async
}

extension EventQueue {
    func append(_ first: QueuedEntry, _ second: QueuedEntry) -> (first: QueueRefusal?, second: QueueRefusal?) {
        let refusal = append(first)
        return (refusal, append(second))
    }
}

/// Some entries, and where the queue goes on after them.
struct QueuedPortion: Sendable {
    var entries: [QueuedEntry]
    /// For the queue: the file that they are in, and the place behind them.
    var segment = 0
    var end = 0
    /// Records before that place that were cut off or damaged.
    var damaged = 0
    /// Records before that place that a later version wrote, as they are.
    var unknown: [UInt8] = []
    /// Whether the disk does not give a part of what stands before that place.
    var isUnreadable = false
}

/// Why an entry was not kept, for the log.
struct QueueRefusal: Error {
    let reason: GapReason
    let detail: String
}

/// Why events are missing.
enum GapReason: String, Sendable {
    /// Too much was waiting in memory.
    case memoryFull = "memory_full"
    /// The spool had no room left.
    case spoolFull = "spool_full"
    /// The spool could not be written.
    case spoolFailed = "spool_failed"
    /// The store refused them.
    case refused
}

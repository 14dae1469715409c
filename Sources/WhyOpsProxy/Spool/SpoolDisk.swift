import NIOPosix

/// What is done with the files of a spool that may take as long as the disk likes: never on an event loop, and never in
/// the threads that all tasks share.
struct SpoolDisk: Sendable {
    /// Returns when the disk has what was written.
    var sync: @Sendable (SpoolFile) throws(SpoolError) -> Void = { (file) throws(SpoolError) in try file.sync() }
    /// Reads so many bytes from a place on.
    var read: @Sendable (SpoolFile, Int, Int) throws(SpoolError) -> [UInt8] = {
        (file, count, place) throws(SpoolError) in try file.read(count, at: place)
    }
    /// How long a disk that failed is left alone.
    var retryDelay = Duration.seconds(1)
}

extension Spool {
    /// Does work that may wait for the disk where waiting holds nobody up.
    func onThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        do {
            return try await NIOThreadPool.singleton.runIfActive(work)
        } catch {
            // The threads are gone at the very end of a process, or the task is cancelled; the work is to be done all
            // the same.
            return work()
        }
    }
}

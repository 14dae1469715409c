#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files that no connection of a client may take (PRX-124).
///
/// The store, the spool and upstreams open files while connections are served, and libdispatch, which the database's
/// connections run on, ends the process where it cannot open one.
enum FileReserve {
    /// At most a quarter of those that the process may have.
    static let most = 64

    /// Whether another connection leaves the reserve as it is; two to three calls of the system.
    static var isKept: Bool {
        var limit = rlimit()
        guard unsafe getrlimit(openFiles, &limit) == 0 else { return true }
        // The lowest number that is free, so all below it are taken.
        let free = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard free >= 0 else { return errno != EMFILE }
        close(free)
        let files = Int(clamping: limit.rlim_cur)
        return Int(free) < files - min(most, files / 4)
    }

    #if canImport(Glibc)
        private static let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let openFiles = RLIMIT_NOFILE
    #endif
}

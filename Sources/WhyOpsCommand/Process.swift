internal import CMalloc

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ends the process.
func systemExit(_ code: Int32) -> Never {
    exit(code)
}

/// The units of `/proc/self/stat`.
let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))

/// Lets nobody but the owner read the files that the process makes: a store holds conversations.
func restrictNewFiles() {
    umask(0o077)
}

/// Lets the process leave no image of its memory behind, which holds keys and conversations (PRX-191).
func forbidCoreFiles() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    // Where a limit cannot be set there are no such files either.
    _ = unsafe setrlimit(coreFiles, &none)
    // That limit does not hold where the system hands the image to a program.
    whyops_forbid_dumps()
}

/// Lets the process have as many files and connections open as it needs, where the system lets it (PRX-121).
///
/// - Returns: how many it may have now.
func raiseFileLimit(to needed: Int) -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(openFiles, &limit) == 0 else { return .max }
    let wanted = min(rlim_t(needed), limit.rlim_max)
    if limit.rlim_cur < wanted {
        var higher = limit
        higher.rlim_cur = wanted
        if unsafe setrlimit(openFiles, &higher) == 0 { limit = higher }
    }
    return Int(clamping: limit.rlim_cur)
}

#if canImport(Glibc)
    private let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    private let coreFiles = __rlimit_resource_t(RLIMIT_CORE.rawValue)
#else
    private let openFiles = RLIMIT_NOFILE
    private let coreFiles = RLIMIT_CORE
#endif

/// How many files and connections the process may have open.
var fileLimit: Int? {
    var limit = rlimit()
    guard unsafe getrlimit(openFiles, &limit) == 0 else { return nil }
    return Int(clamping: limit.rlim_cur)
}

/// Makes writing to a process that ended an error, not a reason to end.
package func ignoreBrokenPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
}

/// Makes a file that must not grow further an error, as a full disk is one, not a reason to end.
func ignoreFileSizeLimits() {
    _ = signal(SIGXFSZ, SIG_IGN)
}

/// Gives the memory of large bodies back as soon as nobody has them (PRX-159). The C library would take the first one
/// that is given back as a sign that others come, and from then on keep them all, for each thread its own.
func giveBackLargeBlocks() {
    whyops_give_back_from(256 << 10)
}

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

/// Makes writing to a process that ended an error, not a reason to end.
package func ignoreBrokenPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
}

/// Makes a file that must not grow further an error, as a full disk is one, not a reason to end.
func ignoreFileSizeLimits() {
    _ = signal(SIGXFSZ, SIG_IGN)
}

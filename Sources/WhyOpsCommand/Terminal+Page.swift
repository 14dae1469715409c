#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Terminal {
    /// Whether standard output was a terminal when the process began to write.
    package static let isOutput = isatty(1) == 1

    /// Whether what a person reads may have colours: <https://no-color.org>.
    package static let hasColour = isOutput && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"

    /// Characters to a line of the terminal when the process began; `nil` where there is none, so that nothing is cut.
    package static let width: Int? = {
        guard isOutput else { return nil }
        if let columns = Int(variable("COLUMNS")), columns > 0 { return columns }
        var size = winsize()
        guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }()

    /// Shows what the body prints in `PAGER`, else `less`, where standard output is a terminal; what fits on it is shown as it
    /// is.
    package static func page(_ body: () async throws -> Void) async rethrows {
        // Asked for while the terminal is still there.
        guard isOutput, width != nil, let pager = startPager() else { return try await body() }
        defer {
            // The pager reads the end of its input, and lets go of the terminal when the person has read enough. Nothing
            // else that is opened may get its number.
            let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
            if nowhere < 0 || dup2(nowhere, 1) < 0 { close(1) }
            if nowhere > 1 { close(nowhere) }
            var status: Int32 = 0
            while unsafe waitpid(pager, &status, 0) < 0, errno == EINTR {}
        }
        try await body()
    }

    /// Starts a pager and sends standard output to it.
    private static func startPager() -> pid_t? {
        let own = unsafe getenv("PAGER") == nil ? nil : variable("PAGER")
        let command = own ?? "less"
        if command.isEmpty || command == "cat" { return nil }
        // Show colours, and what fits on one screen without waiting, unless the person wants it otherwise.
        setenv("LESS", "FRX", 0)
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { return nil }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        for end in ends { unsafe posix_spawn_file_actions_addclose(&actions, end) }
        // The pager gets the keys of the terminal, the interrupt among them; it must not be left alone with them.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let script = "command -v \(command.prefix { $0 != " " }) >/dev/null && exec \(command) || exec cat"
        var process: pid_t = 0
        let failed = unsafe ["sh", "-c", script].withCStrings {
            unsafe posix_spawn(&process, "/bin/sh", &actions, &attributes, $0, environ)
        }
        ignoreBrokenPipes()
        guard failed == 0, dup2(ends[1], 1) == 1 else {
            close(ends[1])
            return nil
        }
        close(ends[1])
        for key in [SIGINT, SIGQUIT] { _ = signal(key, SIG_IGN) }
        return process
    }

    private static func variable(_ name: String) -> String {
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }
}

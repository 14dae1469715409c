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

    /// Characters to a line of the terminal; `nil` where there is none, so that nothing is cut.
    package static var width: Int? {
        guard isOutput else { return nil }
        if let columns = Int(variable("COLUMNS")), columns > 0 { return columns }
        var size = winsize()
        guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Shows what the body prints in `PAGER`, else `less`, where standard output is a terminal; what fits on it is shown as it is.
    package static func page(_ body: () async throws -> Void) async rethrows {
        guard isOutput, let pager = startPager() else { return try await body() }
        defer {
            // The pager reads the end of its input and lets go of the terminal when the person has read enough.
            close(1)
            var status: Int32 = 0
            while unsafe waitpid(pager, &status, 0) < 0, errno == EINTR {}
        }
        try await body()
    }

    /// Starts a pager and sends standard output to it.
    private static func startPager() -> pid_t? {
        let command = unsafe getenv("PAGER") == nil ? "less -FRX" : variable("PAGER")
        if command.isEmpty || command == "cat" { return nil }
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { return nil }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        for end in ends { unsafe posix_spawn_file_actions_addclose(&actions, end) }
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        var process: pid_t = 0
        let failed = unsafe [
            "sh", "-c", "command -v \(command.prefix { $0 != " " }) >/dev/null && exec \(command) || exec cat",
        ]
        .withCStrings { unsafe posix_spawn(&process, "/bin/sh", &actions, nil, $0, environ) }
        ignoreBrokenPipes()
        guard failed == 0, dup2(ends[1], 1) == 1 else {
            close(ends[1])
            return nil
        }
        close(ends[1])
        return process
    }

    private static func variable(_ name: String) -> String {
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Terminal {
    /// Whether a person can be asked: standard input and standard error are terminals.
    package static var canAsk: Bool { isatty(0) == 1 && isInteractive }

    /// Asks a person; anything but `y` and `yes` is no.
    package static func asks(_ question: String) -> Bool {
        note("\(question) [y/N]")
        let answer = readLine() ?? ""
        return ["y", "yes"].contains(answer.lowercased())
    }
}

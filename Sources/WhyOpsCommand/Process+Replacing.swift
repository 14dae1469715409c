#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Becomes another program, so that signals and its exit status are its own.
///
/// - Parameters:
///   - command: the program, looked for in `PATH`, and its arguments.
///   - variables: to be set; `nil` for those to be taken away.
/// - Returns: only where that fails: why.
package func replaceProcess(_ command: [String], _ variables: [String: String?]) -> String {
    for (name, value) in variables {
        if let value { setenv(name, value, 1) } else { unsetenv(name) }
    }
    // What this process ignores and this thread holds back would be ignored and held back for ever.
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
    _ = signal(SIGPIPE, SIG_DFL)
    _ = signal(SIGXFSZ, SIG_DFL)
    return unsafe command.withCStrings { arguments in
        guard let name = unsafe arguments[0] else { return "it has no name" }
        unsafe execvp(name, arguments)
        return unsafe String(cString: strerror(errno))
    }
}

extension [String] {
    /// The texts as C has arguments, for as long as the body runs.
    func withCStrings<Value>(_ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Value) -> Value {
        var pointers = unsafe map { unsafe strdup($0) }
        defer { for pointer in unsafe pointers { unsafe free(pointer) } }
        unsafe pointers.append(nil)
        return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("it ends with a nil at least") }
            return unsafe body(base)
        }
    }
}

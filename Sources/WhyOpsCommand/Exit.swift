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

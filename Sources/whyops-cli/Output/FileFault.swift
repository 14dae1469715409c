import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the system says of a file or folder that cannot be used, without the insides of its error (CLI-4).
func fileFault(_ error: any Error) -> String {
    let cocoa = error as? CocoaError
    if let system = cocoa?.userInfo["NSUnderlyingError"] as? POSIXError {
        return systemText(system.code.rawValue)
    }
    return cocoa == nil ? "\(error)" : "the system refuses it"
}

/// What the system says of a number of its own.
func systemText(_ code: Int32) -> String {
    // `strerror` has a text for every number, and nothing else here calls it at the same time.
    unsafe String(cString: strerror(code))
}

import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the system says of a number of its own, such as `ENOENT`.
package func systemText(_ code: Int32) -> String {
    // The system has a text for every number.
    unsafe String(cString: strerror(code))
}

/// What the system says of a file or folder that cannot be used, without the insides of its error (CLI-4).
package func fileFault(_ error: any Error) -> String {
    let cocoa = error as? CocoaError
    if let system = cocoa?.userInfo["NSUnderlyingError"] as? POSIXError { return systemText(system.code.rawValue) }
    return cocoa == nil ? "\(error)" : "the system refuses it"
}

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes without a buffer, so that who reads a pipe has each line at once.
package enum Terminal {
    /// The system's number of the error that kept data from being written; 0 where all were.
    private static let outputFailure = Atomic<Int32>(0)

    /// Whether nobody reads what is written, as when a pager was left.
    package static var isOutputGone: Bool { outputFailure.load(ordering: .relaxed) != 0 }

    /// Why data could not be written, for a person; `nil` where all were, or where the reader has had enough.
    static var outputFault: String? {
        let code = outputFailure.load(ordering: .relaxed)
        if code == 0 || code == EPIPE { return nil }
        return unsafe "Standard output cannot be written: \(String(cString: strerror(code)))."
    }

    /// Data: what a command gives.
    package static func out(_ line: String) { write(line, to: 1) }

    /// Data that has its ends of lines.
    package static func out(bytes: [UInt8]) { write(bytes: bytes, to: 1) }

    /// Talk: what a person should know.
    package static func note(_ line: String) { write(line, to: 2) }

    /// What is going on, on a line that the next one replaces; for terminals only.
    package static func status(_ line: String) { write(bytes: Array("\r\u{1B}[2K\(line)".utf8), to: 2) }

    /// A line of the log, with its end.
    static func log(_ line: [UInt8]) { write(bytes: line, to: 2) }

    /// Everything that comes on standard input; `nil` where it cannot be read.
    package static func input() -> [UInt8]? {
        var input: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = part.withUnsafeMutableBytes { unsafe systemRead(0, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return input }
            input += part.prefix(count)
        }
    }

    /// Whether standard error is a terminal, so that a person reads it.
    package static var isInteractive: Bool { isatty(2) == 1 }

    private static func write(_ line: String, to descriptor: Int32) {
        write(bytes: Array((line + "\n").utf8), to: descriptor)
    }

    private static func write(bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) }
            if count >= 0 || errno == EINTR { continue }
            let code = errno
            if code == EAGAIN || code == EWOULDBLOCK {
                // A pipe of somebody who wants none to wait is waited for none the less.
                var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&place, 1, -1)
                continue
            }
            if descriptor == 1 { outputFailure.store(code, ordering: .relaxed) }
            return
        }
    }

    private static func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.read(descriptor, bytes, count)
        #elseif canImport(Musl)
            unsafe Musl.read(descriptor, bytes, count)
        #else
            unsafe Darwin.read(descriptor, bytes, count)
        #endif
    }

    private static func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(descriptor, bytes, count)
        #elseif canImport(Musl)
            unsafe Musl.write(descriptor, bytes, count)
        #else
            unsafe Darwin.write(descriptor, bytes, count)
        #endif
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file or standard input, read part by part.
package struct ByteSource: ~Copyable {
    /// Why a file cannot be read.
    package struct Failure: Error, Hashable {
        package let path: String
        /// The system's error number.
        package let code: Int32

        /// A sentence for a person.
        package var message: String { "\(path) cannot be read: \(unsafe String(cString: strerror(code)))" }
    }

    /// How much is read at once.
    private static let portion = 1 << 20

    private let path: String
    private let descriptor: Int32
    private let isOwned: Bool
    /// The file's size in bytes; `nil` of what has none, such as a pipe.
    package let size: Int?

    /// - Parameter path: `-` is standard input.
    package init(_ path: String) throws(Failure) {
        self.path = path
        isOwned = path != "-"
        descriptor = isOwned ? open(path, O_RDONLY | O_CLOEXEC) : 0
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else { throw Failure(path: path, code: errno) }
        let isFile = status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int(status.st_size) : nil
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// The next bytes; none at the end.
    package func read() throws(Failure) -> [UInt8] {
        while true {
            var code: Int32 = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.portion) { buffer, count in
                let read = unsafe systemRead(descriptor, buffer.baseAddress, Self.portion)
                if read < 0 { code = errno }
                count = max(0, read)
            }
            if code == 0 { return bytes }
            if code != EINTR { throw Failure(path: path, code: code) }
        }
    }
}

private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
    #if canImport(Glibc)
        unsafe Glibc.read(descriptor, bytes, count)
    #elseif canImport(Musl)
        unsafe Musl.read(descriptor, bytes, count)
    #else
        unsafe Darwin.read(descriptor, bytes, count)
    #endif
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file or folder of the spool, open until nothing refers to it any more.
///
/// Reading and writing name their place, so the file has no position that threads could share by mistake.
final class SpoolFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// What to open.
    enum Kind {
        /// A file that must not exist yet.
        case new
        /// A file that is there.
        case existing
        /// A file that is made where it is missing.
        case any
        /// A folder.
        case folder
    }

    init(_ path: String, _ kind: Kind) throws(SpoolError) {
        self.path = path
        let flags =
            switch kind {
            case .new: O_RDWR | O_CREAT | O_EXCL
            case .existing: O_RDWR
            case .any: O_RDWR | O_CREAT
            case .folder: O_RDONLY | O_DIRECTORY
            }
        // Prompts are nobody else's to read; and no process that we might start inherits the descriptor.
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor < 0 { throw Self.fault("opened", path) }
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// Takes the file for this process until it ends, however it ends; `false` where another one has it.
    func lock() -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    func size() throws(SpoolError) -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        if end < 0 { throw Self.fault("measured", path) }
        return Int(end)
    }

    /// Writes all of the bytes, or throws with some of them written.
    func write(_ bytes: [UInt8], at place: Int) throws(SpoolError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                // `done` is less than the count, so the buffer has a base and the rest lies inside it.
                unsafe pwrite(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + done },
                    buffer.count - done,
                    off_t(place + done)
                )
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.fault("written", path)
            }
            if count == 0 { throw SpoolError("'\(path)' cannot be written: no byte was taken") }
            done += count
        }
    }

    /// Up to `count` bytes; fewer only at the end of the file.
    func read(_ count: Int, at place: Int) throws(SpoolError) -> [UInt8] {
        var fault: SpoolError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let part = unsafe pread(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + filled },
                    count - filled,
                    off_t(place + filled)
                )
                if part < 0, errno == EINTR { continue }
                if part < 0 { fault = Self.fault("read", path) }
                if part <= 0 { return }
                filled += part
            }
        }
        if let fault { throw fault }
        return bytes
    }

    /// Cuts what a failed write left; what cannot be cut is skipped by who reads it.
    func truncate(to size: Int) {
        _ = ftruncate(descriptor, off_t(size))
    }

    /// Writes what is there once more, up to a place, so that the next sync brings all of it to the disk.
    func rewrite(_ size: Int) throws(SpoolError) {
        var place = 0
        while place < size {
            let bytes = try read(min(1 << 20, size - place), at: place)
            if bytes.isEmpty { return }
            try write(bytes, at: place)
            place += bytes.count
        }
    }

    /// Returns when the disk has what was written.
    func sync() throws(SpoolError) {
        #if canImport(Darwin)
            let isSynced = fcntl(descriptor, F_FULLFSYNC) == 0 || fsync(descriptor) == 0
        #else
            let isSynced = fdatasync(descriptor) == 0
        #endif
        if !isSynced { throw Self.fault("synced", path) }
    }

    /// Whether nobody but the owner may look.
    func isPrivate() throws(SpoolError) -> Bool {
        var status = stat()
        if unsafe fstat(descriptor, &status) != 0 { throw Self.fault("looked at", path) }
        return status.st_mode & 0o077 == 0
    }

    /// Keeps everybody but the owner out.
    func restrict(to mode: UInt32) throws(SpoolError) {
        if fchmod(descriptor, mode_t(mode)) != 0 { throw Self.fault("kept from others", path) }
    }

    // MARK: Names

    /// Makes a folder; `false` where there is something of that name.
    static func makeFolder(_ path: String) throws(SpoolError) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        if errno != EEXIST { throw fault("made", path) }
        return false
    }

    static func move(_ path: String, to other: String) throws(SpoolError) {
        if rename(path, other) != 0 { throw fault("renamed", path) }
    }

    static func remove(_ path: String) throws(SpoolError) {
        if unlink(path) != 0, errno != ENOENT { throw fault("removed", path) }
    }

    private static func fault(_ action: String, _ path: String) -> SpoolError {
        let code = errno
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return SpoolError("'\(path)' cannot be \(action): \(reason)")
    }
}

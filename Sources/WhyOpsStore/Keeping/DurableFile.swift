import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files that are to be there after the power failed.
enum DurableFile {
    /// Waits until what a file, or a folder, holds is on the disk.
    static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw StoreError(.unavailable, "'\(path)' cannot be opened (errno \(errno)).") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.unavailable, "'\(path)' cannot be synced to the disk (errno \(errno)).")
        }
    }

    /// Gives a file its name, also in the eyes of the disk.
    static func rename(_ path: String, to name: String) throws {
        let parent = name.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let folder = parent.isEmpty ? (name.utf8.first == UInt8(ascii: "/") ? "/" : ".") : parent
        #if canImport(Glibc)
            let result = Glibc.rename(path, name)
        #elseif canImport(Musl)
            let result = Musl.rename(path, name)
        #else
            let result = Darwin.rename(path, name)
        #endif
        guard result == 0 else {
            throw StoreError(.unavailable, "'\(path)' cannot be renamed to '\(name)' (errno \(errno)).")
        }
        try sync(folder)
    }

    /// Whether two paths lead to one file that is there.
    static func isSame(_ path: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard unsafe stat(path, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }
}

/// Where events wait for the store, and how much of the disk they may take.
package struct SpoolConfiguration: Sendable, Hashable {
    /// The folder; one process owns it (PRX-67).
    package var folder: String
    /// The most that all files of the folder hold together, in bytes (PRX-64).
    package var maximumBytes: Int

    /// What `--spool-bytes` is when nothing else is said: hours of a busy proxy.
    package static let standardBytes = 1 << 30
    /// Less than this holds no useful reply.
    package static let smallestBytes = 64 * 1024

    package init(folder: String, maximumBytes: Int = standardBytes) {
        self.folder = folder
        self.maximumBytes = maximumBytes
    }

    /// The size from which on a file is left for a new one: a small part of the whole, since the bytes of a file come
    /// back only with the whole file.
    var segmentBytes: Int { min(16 << 20, maximumBytes / 16) }

    /// What the markers of gaps may take beyond `maximumBytes`, so that a full spool can still say so.
    var reserveBytes: Int { maximumBytes / 16 }
}

/// Why a spool cannot be opened, read or written; the text is for the operator.
package struct SpoolError: Error, Hashable, Sendable {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }
}

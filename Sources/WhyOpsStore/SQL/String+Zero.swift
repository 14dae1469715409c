import WhyOps

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// U+0000, at which engines cut a text off (STO-10).
extension String {
    /// Whether there is one.
    ///
    /// - Complexity: O(n), at the speed of memory.
    var holdsZero: Bool {
        utf8.withContiguousStorageIfAvailable { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        } ?? utf8.contains(0)
    }

    /// The same name for the same name, for one that is only ever compared and that nobody may have chosen: an id that a
    /// provider has made, or what is made of it.
    var databaseKey: String {
        holdsZero ? "\u{1}sha256:" + SHA256.hex(of: Array(utf8)) : self
    }

    /// What a person reads, of something whose bytes are kept elsewhere: with U+FFFD for what cannot be kept.
    var databaseLabel: String {
        guard holdsZero else { return self }
        var text = ""
        for scalar in unicodeScalars { text.unicodeScalars.append(scalar == "\u{0}" ? "\u{FFFD}" : scalar) }
        return text
    }
}

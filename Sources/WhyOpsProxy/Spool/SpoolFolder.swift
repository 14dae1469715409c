import FoundationEssentials

/// The folder of a spool, owned by this process: its files, by name and in order.
struct SpoolFolder: Sendable {
    let path: String
    /// Held for as long as this process runs.
    private let lock: SpoolFile
    /// The folder itself, whose sync brings the names of its files to the disk.
    let file: SpoolFile

    /// Takes the folder for this process, making it where it is missing (PRX-67, PRX-68).
    init(_ path: String) throws(SpoolError) {
        self.path = path
        try SpoolFile.makeFolder(path)
        file = try SpoolFile(path, .folder)
        try file.restrict(to: 0o700)
        lock = try SpoolFile(path + "/lock", .lock)
        guard lock.lock() else {
            throw SpoolError(
                "The spool folder '\(path)' is in use by another process; each needs one of its own (--spool FOLDER)"
            )
        }
    }

    /// The files that an earlier process left, oldest first.
    func segments() throws(SpoolError) -> [SpoolSegment] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw SpoolError("'\(path)' cannot be listed: \(error)")
        }
        var segments: [SpoolSegment] = []
        for name in names.sorted() {
            guard let (number, marker) = Self.parts(of: name) else { continue }
            let file = try SpoolFile(path + "/" + name, .existing)
            segments.append(SpoolSegment(number: number, marker: marker, file: file, size: try file.size()))
        }
        return segments
    }

    /// Makes an empty file.
    func makeSegment(number: Int) throws(SpoolError) -> SpoolSegment {
        let marker = UInt64.random(in: 1...UInt64.max)
        let file = try SpoolFile(path + "/" + Self.name(number: number, marker: marker), .new)
        return SpoolSegment(number: number, marker: marker, file: file, size: 0)
    }

    // MARK: Names

    /// Number and marker, sixteen hexadecimal digits each, so that names sort as the files follow each other.
    static func name(number: Int, marker: UInt64) -> String {
        hex(UInt64(number)) + "-" + hex(marker) + ".spool"
    }

    private static func parts(of name: String) -> (number: Int, marker: UInt64)? {
        guard name.utf8.count == 39, name.hasSuffix(".spool") else { return nil }
        let parts = name.dropLast(6).split(separator: "-")
        guard parts.count == 2, let number = Int(parts[0], radix: 16), let marker = UInt64(parts[1], radix: 16),
            self.name(number: number, marker: marker) == name
        else { return nil }
        return (number, marker)
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// One file of a spool: records, each after the other.
struct SpoolSegment: Sendable {
    /// Higher than that of every file before it.
    let number: Int
    /// What each of its records begins with.
    let marker: UInt64
    let file: SpoolFile
    /// The bytes of whole records; what lies behind them is of a write that failed.
    var size: Int
}

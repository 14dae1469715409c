import FoundationEssentials

/// The folder of a spool, owned by this process: its files, by name and in order.
struct SpoolFolder: Sendable {
    let path: String
    /// Held for as long as this process runs.
    private let lock: SpoolFile
    /// The folder itself, whose sync brings the names of its files to the disk.
    let file: SpoolFile

    /// Takes the folder for this process, making it where it is missing (PRX-67, PRX-68).
    init(_ path: String, disk: SpoolDisk = SpoolDisk()) throws(SpoolError) {
        self.path = path
        let isNew = try SpoolFile.makeFolder(path)
        file = try SpoolFile(path, .folder)
        if isNew {
            // A machine that loses power must not forget the folder with all that is in it. Where only making it was
            // allowed, nothing better can be done.
            if let parent = try? SpoolFile(path + "/..", .folder) { try? disk.sync(parent) }
        }
        if try Self.names(in: path).allSatisfy(Self.isOurs) {
            try file.restrict(to: 0o700)
        } else if try !file.isPrivate() {
            // PRX-72
            throw SpoolError(
                "The folder '\(path)' holds other files and is open to others; a spool needs one of its own "
                    + "(--spool FOLDER)"
            )
        }
        lock = try SpoolFile(path + "/" + Self.lockName, .any)
        guard lock.lock() else {
            throw SpoolError(
                "The spool folder '\(path)' is in use by another process; each needs one of its own (--spool FOLDER)"
            )
        }
    }

    /// The files that an earlier process left, oldest first.
    func segments() throws(SpoolError) -> [SpoolSegment] {
        try takeUpKept()
        var segments: [SpoolSegment] = []
        for name in try Self.names(in: path).sorted() {
            guard let (found, marker) = Self.parts(of: name) else { continue }
            var (name, number) = (name, found)
            if number > Self.highestNumber {
                // The numbers of those that follow must be higher; it is the last one, so that it stays in its order.
                number = (segments.last?.number ?? 0) + 1
                let other = Self.name(number: number, marker: marker)
                try SpoolFile.move(path + "/" + name, to: path + "/" + other)
                name = other
            }
            let file = try SpoolFile(path + "/" + name, .existing)
            segments.append(SpoolSegment(number: number, marker: marker, file: file, size: try file.size()))
        }
        return segments
    }

    /// How many bytes of files stand beside those that are read.
    func bytesAside() throws(SpoolError) -> Int {
        var bytes = 0
        for name in try Self.names(in: path) where name.hasSuffix(Self.unreadableEnding) && Self.isOurs(name) {
            bytes += try SpoolFile(path + "/" + name, .existing).size()
        }
        return bytes
    }

    // MARK: Beside

    /// Keeps records that this version cannot read for one that can (PRX-73).
    func keep(_ records: [UInt8], of segment: SpoolSegment, _ disk: SpoolDisk) throws(SpoolError) {
        let kept = try SpoolFile(segment.file.path + Self.keptEnding, .any)
        try kept.write(records, at: try kept.size())
        try disk.sync(kept)
        try disk.sync(file)
    }

    /// Keeps a file under another name, which is not read at the next start.
    func setAside(_ segment: SpoolSegment) throws(SpoolError) {
        try SpoolFile.move(segment.file.path, to: segment.file.path + Self.unreadableEnding)
    }

    /// Makes what an earlier process kept a file like any other: this version may know what it holds.
    private func takeUpKept() throws(SpoolError) {
        for name in try Self.names(in: path) where name.hasSuffix(Self.keptEnding) && Self.isOurs(name) {
            let whole = String(name.dropLast(Self.keptEnding.utf8.count))
            if try Self.names(in: path).contains(whole) {
                // Its process was killed before it could remove the file, which has all of it still.
                try SpoolFile.remove(path + "/" + name)
            } else {
                try SpoolFile.move(path + "/" + name, to: path + "/" + whole)
            }
        }
    }

    /// Makes an empty file.
    func makeSegment(number: Int) throws(SpoolError) -> SpoolSegment {
        let marker = UInt64.random(in: 1...UInt64.max)
        let file = try SpoolFile(path + "/" + Self.name(number: number, marker: marker), .new)
        return SpoolSegment(number: number, marker: marker, file: file, size: 0)
    }

    // MARK: Names

    /// No process makes so many files.
    private static let highestNumber = Int.max / 2
    private static let lockName = "lock"
    private static let keptEnding = ".kept"
    private static let unreadableEnding = ".unreadable"

    private static func names(in path: String) throws(SpoolError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw SpoolError("'\(path)' cannot be listed: \(error)")
        }
    }

    /// Whether a file of this name is one that a spool makes.
    private static func isOurs(_ name: String) -> Bool {
        if name == lockName { return true }
        for ending in [keptEnding, unreadableEnding] where name.hasSuffix(ending) {
            return parts(of: String(name.dropLast(ending.utf8.count))) != nil
        }
        return parts(of: name) != nil
    }

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

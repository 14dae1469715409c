public import FoundationEssentials

/// The files of a `Conformance` folder.
public struct VectorSuite: Sendable {
    /// One vector file.
    public struct File: Sendable {
        /// The path below `vectors`, such as `signature/extract.json`.
        public let path: String
        /// The number of cases that the list gives.
        public let listedCount: Int
        /// The file as it is.
        public let bytes: [UInt8]
        /// The cases; fewer than listed where some could not be read.
        public let cases: [ConformanceCase]
        /// The whole file; `nil` where it is not JSON.
        package let json: JSON?
    }

    /// Why a suite could not be read.
    public struct Fault: Error, CustomStringConvertible {
        /// For a person: the file and what is wrong with it.
        public let description: String
    }

    /// The folder that holds `vectors`.
    public let directory: URL
    /// The suite's own version.
    public let version: String
    /// The files in the order of the list.
    public let files: [File]

    /// Every case.
    public var cases: [ConformanceCase] { files.flatMap(\.cases) }

    /// Reads a suite.
    ///
    /// - Parameter directory: the folder that holds `VERSION` and `vectors`.
    /// - Complexity: O(n) in the size of the files, all of which stay in memory.
    public init(directory: URL) throws {
        self.directory = directory
        let vectors = directory.appending(path: "vectors", directoryHint: .isDirectory)
        self.version = try Self.text(directory.appending(path: "VERSION")).trimmed
        let list = try Self.text(vectors.appending(path: "files-1.0.txt"))
        self.files = try list.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let count = Int(words[1]) else {
                throw Fault(description: "files-1.0.txt: not a path and a number: \(line)")
            }
            return try Self.file(String(words[0]), count, in: vectors)
        }
    }

    private static func file(_ path: String, _ count: Int, in vectors: URL) throws -> File {
        let bytes = try Self.bytes(vectors.appending(path: path))
        let json = JSON(bytes)
        let operation = json?["op"]?.text ?? ""
        let cases = (json?["cases"]?.array ?? []).compactMap { ConformanceCase($0, operation: operation) }
        return File(path: path, listedCount: count, bytes: bytes, cases: cases, json: json)
    }

    /// The files that are there, listed or not.
    package func pathsOnDisk() throws -> [String] {
        let folder = directory.appending(path: "vectors").path
        return try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted()
    }

    /// The bytes of a file.
    package static func bytes(_ file: URL) throws -> [UInt8] {
        guard let data = try? Data(contentsOf: file) else {
            throw Fault(description: "cannot read \(file.path)")
        }
        return Array(data)
    }

    package static func text(_ file: URL) throws -> String {
        String(decoding: try bytes(file), as: UTF8.self)
    }
}

extension String {
    /// Without white space at either end.
    var trimmed: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}

import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The files that arguments stand for: paths, folders and patterns.
package enum FileSelection {
    /// The endings of the files that are taken from folders.
    package static let endings = ["json", "jsonl", "ndjson"]

    /// An argument that stands for no file.
    package struct NothingFound: Error, Hashable {
        package enum Reason: Hashable {
            case missing, pattern, folder
        }

        package let argument: String
        package let reason: Reason

        /// A sentence for a person.
        package var message: String {
            switch reason {
            case .missing: "\(argument) is no file and no folder"
            case .pattern: "no file matches \(argument)"
            case .folder: "\(argument) has no files that end in .\(FileSelection.endings.joined(separator: ", ."))"
            }
        }
    }

    /// The files in the order of the arguments, those of each sorted by bytes; none twice.
    ///
    /// A folder stands for all files in it that end in one of `endings`, at any depth, except in hidden folders. In a
    /// pattern `*`, `?` and `[...]` stand for parts of one name, and `**` for any folders.
    ///
    /// - Parameter endings: `nil` takes all files of folders.
    package static func files(for arguments: [String], endings: [String]? = endings) throws -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        for argument in arguments {
            for path in try files(for: argument, endings) where seen.insert(path).inserted { found.append(path) }
        }
        return found
    }

    private static func files(for argument: String, _ endings: [String]?) throws -> [String] {
        if argument == "-" { return [argument] }
        if let isFolder = isFolder(argument) {
            guard isFolder else { return [argument] }
            guard let endings else { return sorted(walk(argument)) }
            let files = walk(argument).filter { path in endings.contains { path.hasSuffix(".\($0)") } }
            // Who checks nothing is not told that all is well.
            if files.isEmpty { throw NothingFound(argument: argument, reason: .folder) }
            return sorted(files)
        }
        guard
            argument.utf8.contains(where: {
                $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[")
            })
        else { throw NothingFound(argument: argument, reason: .missing) }
        let names = argument.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let matches = sorted(match(names[...], below: argument.hasPrefix("/") ? "/" : ""))
        if matches.isEmpty { throw NothingFound(argument: argument, reason: .pattern) }
        return matches
    }

    /// The files below a folder that a pattern stands for.
    private static func match(_ names: ArraySlice<String>, below folder: String) -> [String] {
        guard let name = names.first else { return [] }
        let rest = names.dropFirst()
        if name == "**" {
            let folders =
                [folder] + entries(of: folder).map { join(folder, $0) }.filter { isFolder($0) == true && !isHidden($0) }
            if folders.count == 1 { return match(rest, below: folder) }
            return match(rest, below: folder) + folders.dropFirst().flatMap { match(names, below: $0) }
        }
        let matches = entries(of: folder).filter { isMatch($0, name) }.map { join(folder, $0) }
        if rest.isEmpty { return matches.filter { isFolder($0) == false } }
        return matches.filter { isFolder($0) == true }.flatMap { match(rest, below: $0) }
    }

    private static func isMatch(_ name: String, _ pattern: String) -> Bool {
        if name == "." || name == ".." { return name == pattern }
        // A leading dot has to be named, as shells have it.
        if name == pattern { return true }
        return unsafe fnmatch(pattern, name, FNM_PERIOD) == 0
    }

    private static func walk(_ folder: String) -> [String] {
        entries(of: folder).flatMap { name -> [String] in
            let path = join(folder, name)
            if isHidden(path) { return [] }
            return isFolder(path) == true ? walk(path) : [path]
        }
    }

    private static func isHidden(_ path: String) -> Bool {
        path.split(separator: "/").last?.hasPrefix(".") == true
    }

    private static func entries(of folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty || folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    private static func sorted(_ paths: [String]) -> [String] {
        paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// `nil` where there is nothing of that name.
    private static func isFolder(_ path: String) -> Bool? {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder : nil
    }

    /// How the values of a file stand in it, by its ending.
    package static func layout(of path: String) -> PayloadLayout {
        if path.hasSuffix(".jsonl") || path.hasSuffix(".ndjson") { return .lines }
        return path.hasSuffix(".json") ? .value : .auto
    }
}

import ArgumentParser
import FoundationEssentials
import WhyOpsCommand
import WhyOpsConformance

/// `whyops conformance fmt`
struct ConformanceFormatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Writes the files of the suite in their canonical form, the list of files and requirements.json.",
        discussion: """
            Example:
              whyops conformance fmt --check
            """
    )

    @OptionGroup var folder: FolderOptions

    @Flag(help: "Write nothing; say which files would change.")
    var check = false

    func run() throws {
        var count = try format()
        // requirements.json follows from the list of files, which may have changed.
        if !check, count > 0 { count += try format() }
        if check, count > 0 { throw CommandFailure("\(count) files are not in canonical form") }
    }

    private func format() throws -> Int {
        let suite = try folder.load()
        let changes = try folder.reading { try SuiteFormatter(suite, spec: $0).changes() }
        for (file, bytes) in changes {
            Terminal.out(file.path)
            guard !check else { continue }
            do {
                try Data(bytes).write(to: file)
            } catch {
                throw ValidationError("cannot write \(file.path): \(fileFault(error))")
            }
        }
        return changes.count
    }
}

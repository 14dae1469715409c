import ArgumentParser
import FoundationEssentials
import WhyOpsCommand

/// `whyops manual`
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Prints or writes the manual: a page of each command for 'man', or all of them as Markdown.",
        discussion: """
            Examples:
              whyops manual traces list | man -l -
              whyops manual --output ~/.local/share/man/man1
              whyops manual --markdown > reference.md
            """
    )

    @Argument(help: "The words of a command, or whyops-proxy or whyops-ingest. [default: whyops itself]")
    var command: [String] = []
    @Option(help: "Write all pages into this folder.", completion: .directory) var output: String?
    @Flag(help: "Print all commands as Markdown.") var markdown = false

    func validate() throws {
        if [!command.isEmpty, output != nil, markdown].count(where: \.self) > 1 {
            throw ValidationError("Name a command, or --output, or --markdown.")
        }
    }

    func run() throws {
        let programs = try CommandHelp.programs()
        if markdown { return Terminal.out(bytes: Array(MarkdownReference(programs: programs).text.utf8)) }
        let pages = programs.flatMap(\.all)
            .map { ManualPage(help: $0, version: RootCommand.configuration.version) }
        if let output { return try write(pages, into: URL(filePath: output, directoryHint: .isDirectory)) }
        let wanted = command.joined(separator: "-")
        let names = wanted.isEmpty ? ["whyops"] : [wanted, "whyops-" + wanted]
        guard let page = pages.first(where: { names.contains($0.name) }) else {
            throw ValidationError("There is no command '\(plain(command.joined(separator: " ")))'.")
        }
        Terminal.out(bytes: Array(page.text.utf8))
    }

    private func write(_ pages: [ManualPage], into folder: URL) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for page in pages { try Data(page.text.utf8).write(to: folder.appending(path: "\(page.name).1")) }
        } catch {
            throw CommandFailure("The pages cannot be written to \(plain(folder.path)): \(fileFault(error)).")
        }
        Terminal.note("\(pages.count) pages in \(plain(folder.path))")
    }
}

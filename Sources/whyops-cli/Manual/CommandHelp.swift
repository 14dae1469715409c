import ArgumentParser
import WhyOps
import WhyOpsCommand

/// A command with all that its help says.
struct CommandHelp {
    /// From the program's name on.
    let words: [String]
    let abstract: String
    let discussion: String
    let arguments: [ArgumentUse]
    let subcommands: [CommandHelp]
    /// The subcommand that is run where none is named.
    let defaultSubcommand: String?

    /// The programs of this package.
    static func programs() throws -> [CommandHelp] {
        // The parser gives its help as data by this name only; its own tools read it, too.
        try [RootCommand._dumpHelp(), ProxyCommand._dumpHelp(), IngestCommand._dumpHelp()].map { dump in
            let root = try JSONDocument(Array(dump.utf8)).root
            guard let command = root["command"], root["serializationVersion"]?.integer == 0 else {
                throw CommandFailure("This version of swift-argument-parser describes commands in another way.")
            }
            return CommandHelp(command, below: [])
        }
    }

    private init(_ value: JSONValue, below above: [String]) {
        let path = above + [value["commandName"]?.string ?? ""]
        words = path
        abstract = value["abstract"]?.string ?? ""
        discussion = value["discussion"]?.string ?? ""
        arguments = (value["arguments"]?.children ?? []).map(ArgumentUse.init).filter(\.isShown)
        subcommands = (value["subcommands"]?.children ?? [])
            .filter { $0["shouldDisplay"]?.kind != .false && $0["commandName"]?.string != "help" }
            .map { CommandHelp($0, below: path) }
        defaultSubcommand = value["defaultSubcommand"]?.string
    }

    var name: String { words.joined(separator: " ") }

    /// This one and all below it, each before those below it.
    var all: [CommandHelp] { [self] + subcommands.flatMap(\.all) }

    /// How it is called.
    var usage: String {
        if !subcommands.isEmpty { return "\(name) \(defaultSubcommand == nil ? "<subcommand>" : "[<subcommand>]")" }
        var parts = [name]
        parts += arguments.filter { $0.kind == .option && !$0.isOptional }.map(\.synopsis)
        // But for the help, which all have.
        if arguments.contains(where: { $0.kind != .positional && $0.isOptional && !$0.isHelp }) {
            parts.append("[<options>]")
        }
        parts += arguments.filter { $0.kind == .positional }.map { $0.isOptional ? "[\($0.synopsis)]" : $0.synopsis }
        return parts.joined(separator: " ")
    }

    /// The discussion: paragraphs, and lines that are indented, such as commands.
    var blocks: [Block] {
        var blocks: [Block] = []
        for line in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                blocks.append(.text(""))
            } else if line.hasPrefix("  ") {
                if case .code(let lines) = blocks.last {
                    blocks[blocks.count - 1] = .code(lines + [String(line.dropFirst(2))])
                } else {
                    blocks.append(.code([String(line.dropFirst(2))]))
                }
            } else if case .text(let text) = blocks.last, !text.isEmpty {
                blocks[blocks.count - 1] = .text("\(text) \(line)")
            } else {
                blocks.append(.text(String(line)))
            }
        }
        return blocks.filter { if case .text("") = $0 { false } else { true } }
    }

    enum Block {
        case text(String)
        case code([String])
    }
}

/// An argument, an option or a flag.
struct ArgumentUse {
    enum Kind: String {
        case positional, option, flag
    }

    let kind: Kind
    /// `--store`, or what stands for the value of an argument.
    let names: [String]
    let abstract: String
    let isOptional: Bool
    let defaultValue: String?
    fileprivate let isShown: Bool
    private let valueName: String
    private let isRepeating: Bool

    fileprivate init(_ value: JSONValue) {
        kind = Kind(rawValue: value["kind"]?.string ?? "") ?? .flag
        names = (value["names"]?.children ?? []).map { name in
            let dashes = name["kind"]?.string == "long" ? "--" : "-"
            return dashes + (name["name"]?.string ?? "")
        }
        valueName = value["valueName"]?.string ?? "value"
        abstract = value["abstract"]?.string ?? ""
        isOptional = value["isOptional"]?.kind == .true
        isRepeating = value["isRepeating"]?.kind == .true
        defaultValue = value["defaultValue"]?.string
        isShown = value["shouldDisplay"]?.kind != .false
    }

    var isHelp: Bool { names.contains("--help") }

    /// How it is written.
    var synopsis: String {
        let value = isRepeating && kind == .positional ? "<\(valueName)> ..." : "<\(valueName)>"
        switch kind {
        case .positional: return value
        case .option: return "\(names.joined(separator: ", ")) \(value)"
        case .flag: return names.joined(separator: ", ")
        }
    }

    /// What it is for, with its default.
    var text: String {
        guard let defaultValue, !abstract.contains("default:") else { return abstract }
        return "\(abstract) [default: \(defaultValue)]"
    }
}

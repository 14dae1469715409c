/// All commands in one text, for docs/reference.md.
struct MarkdownReference {
    let programs: [CommandHelp]

    var text: String {
        var parts = [
            "# Reference of the commands",
            "Made from the code by `whyops manual --markdown`; a test compares them. Each command has `-h` and `--help`. Exit status, unless "
                + "something else is said: 0 all is well; 1 there are findings, or it failed; 2 misuse, such as an unknown option.",
        ]
        parts.append(programs.flatMap(\.all).map(contents).joined(separator: "\n"))
        parts += programs.flatMap(\.all).map(chapter)
        return parts.joined(separator: "\n\n") + "\n"
    }

    private func contents(_ help: CommandHelp) -> String {
        let indent = String(repeating: "  ", count: help.words.count - 1)
        return "\(indent)- [`\(help.name)`](#\(help.words.joined(separator: "-"))): \(Self.prose(help.abstract))"
    }

    private func chapter(_ help: CommandHelp) -> String {
        var parts = ["## \(help.name)", Self.prose(help.abstract), "```\n\(help.usage)\n```"]
        for block in help.blocks {
            switch block {
            case .text(let text): parts.append(Self.prose(text))
            case .code(let lines): parts.append("```\n" + lines.joined(separator: "\n") + "\n```")
            }
        }
        let arguments = help.arguments.filter { !$0.isHelp }
        if !arguments.isEmpty {
            let rows = arguments.map { "| `\(Self.cell($0.synopsis))` | \(Self.cell(Self.prose($0.text))) |" }
            parts.append((["| option or argument | |", "|---|---|"] + rows).joined(separator: "\n"))
        }
        if !help.subcommands.isEmpty {
            let rows = help.subcommands.map { command in
                let isDefault = command.words.last == help.defaultSubcommand
                let link = "[`\(command.name)`](#\(command.words.joined(separator: "-")))"
                return "- \(link): \(Self.prose(command.abstract))\(isDefault ? " Also where none is named." : "")"
            }
            parts.append(rows.joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n")
    }

    /// Text that Markdown shows as it is.
    private static func prose(_ text: String) -> String {
        var result = ""
        for character in text {
            if "\\`*_<>[]".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }

    private static func cell(_ text: String) -> String {
        var result = ""
        for character in text { result += character == "|" ? "\\|" : String(character) }
        return result
    }
}

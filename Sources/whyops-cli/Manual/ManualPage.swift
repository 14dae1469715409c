import WhyOpsCommand

/// A page for `man`, of section 1.
struct ManualPage {
    let help: CommandHelp
    let version: String

    /// `whyops-traces-list`
    var name: String { help.words.joined(separator: "-") }

    var text: String {
        // Without a date, so that the same program always writes the same page.
        var lines = [".TH \(Self.escaped(name.uppercased())) 1 \"\" \"WhyOps \(version)\" \"WhyOps\""]
        lines += [".SH NAME", "\(Self.escaped(name)) \\- \(Self.escaped(sentence))"]
        lines += [".SH SYNOPSIS", ".nf", ".B \(Self.escaped(help.usage))", ".fi"]
        let blocks = help.blocks
        if !blocks.isEmpty { lines.append(".SH DESCRIPTION") }
        for (index, block) in blocks.enumerated() {
            switch block {
            case .text("Examples:"), .text("Example:"):
                lines.append(".SH EXAMPLES")
            case .text(let text):
                // A heading has its paragraph already.
                if index > 0 { lines.append(".PP") }
                lines.append(Self.escaped(text))
            case .code(let code):
                lines += [".nf"] + code.map(Self.escaped) + [".fi"]
            }
        }
        lines += section("ARGUMENTS", help.arguments.filter { $0.kind == .positional })
        lines += section("OPTIONS", help.arguments.filter { $0.kind != .positional })
        if !help.subcommands.isEmpty {
            lines.append(".SH COMMANDS")
            for command in help.subcommands {
                let isDefault = command.words.last == help.defaultSubcommand
                let text = command.abstract + (isDefault ? " Also where none is named." : "")
                lines += [".TP", ".B \(Self.escaped(command.name))", Self.escaped(text)]
            }
        }
        lines += [
            ".SH EXIT STATUS",
            "Unless something else is said above: 0 all is well; 1 there are findings, or it failed;",
        ]
        lines.append("2 misuse, such as an unknown option.")
        let others =
            (help.words.count > 1 ? [help.words.dropLast().joined(separator: "-")] : [])
            + help.subcommands.map { $0.words.joined(separator: "-") }
        if !others.isEmpty {
            lines += [".SH SEE ALSO"]
            for (index, other) in others.enumerated() {
                lines.append(".BR \(Self.escaped(other)) (1)" + (index + 1 < others.count ? "," : ""))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What it does, as `apropos` wants it: without the full stop.
    private var sentence: String {
        help.abstract.hasSuffix(".") ? String(help.abstract.dropLast()) : help.abstract
    }

    private func section(_ title: String, _ arguments: [ArgumentUse]) -> [String] {
        if arguments.isEmpty { return [] }
        return [".SH \(title)"]
            + arguments.flatMap { [".TP", ".B \(Self.escaped($0.synopsis))", Self.escaped($0.text)] }
    }

    /// A line of text, none of which is taken for a request.
    private static func escaped(_ line: String) -> String {
        var text = ""
        for character in line {
            switch character {
            case "\\": text += "\\e"
            case "-": text += "\\-"
            case "'": text += "\\(aq"
            case "`": text += "\\(ga"
            case "^": text += "\\(ha"
            case "~": text += "\\(ti"
            default: text.append(character)
            }
        }
        return text.hasPrefix(".") ? "\\&" + text : text
    }
}

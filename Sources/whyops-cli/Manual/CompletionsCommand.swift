import ArgumentParser
import WhyOpsCommand

/// `whyops completions`
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Prints the script with which a shell completes commands and options.",
        discussion: """
            Where it goes: for bash into ~/.local/share/bash-completion/completions/whyops, for zsh as _whyops into a folder of \
            $fpath, for fish into ~/.config/fish/completions/whyops.fish.

            Examples:
              source <(whyops completions bash)
              whyops completions fish > ~/.config/fish/completions/whyops.fish
            """
    )

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "The shell: bash, zsh or fish.") var shell: Shell

    func run() { Terminal.out(RootCommand.completionScript(for: shell.kind)) }
}

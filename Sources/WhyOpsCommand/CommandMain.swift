package import ArgumentParser

/// Runs a command with the exit codes that all of ours have: 0 fine, 1 findings or failure, 2 misuse.
package enum CommandMain {
    package static func run(_ command: (some AsyncParsableCommand).Type) async -> Never {
        giveBackLargeBlocks()
        // The command itself, or the one below it that was named.
        var running: any ParsableCommand.Type = command
        do {
            var parsed = try command.parseAsRoot()
            running = type(of: parsed)
            if var asynchronous = parsed as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try parsed.run()
            }
            if let fault = Terminal.outputFault { throw CommandFailure(fault) }
            exit(Terminal.isOutputGone ? 1 : 0)
        } catch let fault as Settings.Fault {
            Terminal.note("Error: \(fault)\nSee '\(name(of: command.usageString(for: running))) --help'.")
            exit(2)
        } catch let misuse as ValidationError {
            // Found by a command that runs: the parser would show the usage of the program.
            let usage = command.usageString(for: running)
            Terminal.note("Error: \(misuse)\nUsage: \(usage)\n  See '\(name(of: usage)) --help' for more information.")
            exit(2)
        } catch let failure as CommandFailure {
            Terminal.note("Error: \(failure)")
            exit(1)
        } catch let code as ExitCode {
            // The command has said what there was to say.
            exit(code.rawValue)
        } catch {
            let text = command.fullMessage(for: error)
            if command.exitCode(for: error) == .success {
                // Help and version were asked for.
                Terminal.out(text)
                exit(0)
            }
            Terminal.note(text)
            exit(command.exitCode(for: error) == .validationFailure ? 2 : 1)
        }
    }

    /// The words of a command, from its usage.
    private static func name(of usage: String) -> String {
        usage.split(separator: " ").prefix { $0.first?.isLetter == true }.joined(separator: " ")
    }

    private static func exit(_ code: Int32) -> Never {
        LogOutput.standardError.flush(seconds: 1)
        systemExit(code)
    }
}

/// A command that could not do its work; the text is for a person.
package struct CommandFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

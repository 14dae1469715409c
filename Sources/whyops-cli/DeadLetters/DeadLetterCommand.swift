import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops dlq`
struct DeadLetterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq",
        abstract: "Events that could not be stored: look at them, try them again, forget them.",
        discussion: """
            They are those of a store on this machine (--store, --project, --environment), or of a running service (--url, with \
            the API key in WHYOPS_API_KEY or in --key-file).

            Examples:
              whyops dlq list
              whyops dlq show 5f1c0c5e-3e0b-4d53-9a0e-0a3a1f9f7d11
              whyops dlq replay --all
              whyops dlq purge --all --yes
              WHYOPS_API_KEY=... whyops dlq list --url http://127.0.0.1:8081 --json
            """,
        subcommands: [List.self, Show.self, Replay.self, Purge.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List dead letters, newest first.",
            discussion: """
                One letter a line: id, when it came, attempts, code, trace, agent, why. --json prints what GET /api/dlq \
                answers, with the events where --events asks for them.

                Examples:
                  whyops dlq list --count 50 --page 2
                  whyops dlq list --json --events
                """
        )
        @OptionGroup var place: PlaceOptions
        @OptionGroup var part: PageOptions
        @Flag(help: "With --json: print the events, too.") var events = false
        @Flag(help: "Print one JSON object.") var json = false

        func validate() throws {
            if events, !json { throw ValidationError("--events is for --json; 'whyops dlq show' prints one event.") }
        }

        func run() async throws {
            let answer = try await place.with {
                try await DeadLetters(place: $0).list(count: part.count, page: part.page, withEvents: events)
            }
            if json { return Terminal.out(String(decoding: answer.slice, as: UTF8.self)) }
            for letter in answer["deadLetters"]?.children ?? [] { Terminal.out(DeadLetterCommand.line(letter)) }
            let total = answer["pagination"]?["total"]?.integer ?? 0
            if total > part.count * part.page { Terminal.note("\(total) in all; --page \(part.page + 1) has more.") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print one dead letter with its event.",
            discussion: """
                Example:
                  whyops dlq show 5f1c0c5e-3e0b-4d53-9a0e-0a3a1f9f7d11 --json
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The id of the letter.") var id: String
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let answer = try await place.with { try await DeadLetters(place: $0).show(id) }
            guard let letter = answer["deadLetter"] else {
                throw CommandFailure("The service did not answer with a dead letter.")
            }
            if json { return Terminal.out(bytes: Array(letter.slice) + [UInt8(ascii: "\n")]) }
            Terminal.out(DeadLetterCommand.line(letter))
            for fault in letter["reason"]?["details"]?.children ?? [] {
                let place = fault["pointer"]?.string ?? ""
                let text = "\(place)  \(fault["rule"]?.string ?? "")  \(fault["message"]?.string ?? "")"
                Terminal.out("  " + plain(text))
            }
            if let event = letter["event"] { Terminal.out(bytes: Array(event.slice) + [UInt8(ascii: "\n")]) }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try dead letters again; what is stored then is a dead letter no longer.",
            discussion: """
                The oldest first, at most 1000 at once. Exit status: 0 all were stored, 1 some were not, 2 misuse.

                Examples:
                  whyops dlq replay 5f1c0c5e-3e0b-4d53-9a0e-0a3a1f9f7d11
                  whyops dlq replay --all
                """
        )
        @OptionGroup var place: PlaceOptions
        @OptionGroup var choice: DeadLetterChoice
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let answer = try await place.with { try await DeadLetters(place: $0).replay(choice.wanted) }
            let failed = answer["failed"]?.children ?? []
            if json {
                Terminal.out(String(decoding: answer.slice, as: UTF8.self))
            } else {
                for one in failed {
                    let text =
                        "\(one["id"]?.string ?? "")  \(one["code"]?.string ?? "")  \(one["message"]?.string ?? "")"
                    Terminal.out(plain(text))
                }
                let count = answer["replayed"]?.integer ?? 0
                Terminal.out(
                    "\(count) stored, \(failed.count) not; \(answer["remaining"]?.integer ?? 0) dead letters are left."
                )
            }
            if !failed.isEmpty { throw ExitCode(1) }
        }
    }

    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget dead letters for ever.",
            discussion: """
                Asks first, on a terminal; elsewhere it needs --yes.

                Examples:
                  whyops dlq purge 5f1c0c5e-3e0b-4d53-9a0e-0a3a1f9f7d11 --yes
                  whyops dlq purge --all --yes
                """
        )
        @OptionGroup var place: PlaceOptions
        @OptionGroup var choice: DeadLetterChoice
        @Flag(help: "Do not ask.") var yes = false
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            if !yes {
                guard Terminal.canAsk else {
                    throw Settings.Fault(description: "Nobody can be asked here: purge dead letters with --yes.")
                }
                let what = choice.wanted.map { $0.count == 1 ? "1 dead letter" : "\($0.count) dead letters" }
                guard Terminal.asks("Forget \(what ?? "all dead letters") for ever?") else {
                    throw CommandFailure("Nothing was purged.")
                }
            }
            let answer = try await place.with { try await DeadLetters(place: $0).purge(choice.wanted) }
            if json { return Terminal.out(String(decoding: answer.slice, as: UTF8.self)) }
            let count = answer["purged"]?.integer ?? 0
            Terminal.out(count == 1 ? "1 dead letter was purged." : "\(count) dead letters were purged.")
        }
    }

    /// A letter on one line, without what could be taken for the terminal's own.
    fileprivate static func line(_ letter: JSONValue) -> String {
        let reason = letter["reason"]
        let parts = [
            letter["id"]?.string, letter["createdAt"]?.string, letter["attempts"]?.integer.map { "\($0)x" },
            reason?["code"]?.string, letter["traceId"]?.string ?? "-", letter["agentName"]?.string ?? "-",
            reason?["message"]?.string,
        ]
        return plain(parts.compactMap(\.self).joined(separator: "  "))
    }
}

/// Which dead letters a command is about.
struct DeadLetterChoice: ParsableArguments {
    @Argument(help: "The ids of letters, at most 1000.") var ids: [String] = []
    @Flag(help: "All of them.") var all = false

    /// `nil` for all.
    var wanted: [String]? { all ? nil : ids }

    func validate() throws {
        if all != ids.isEmpty { throw ValidationError("Name dead letters by their ids, or --all.") }
        if ids.count > 1000 { throw ValidationError("At most 1000 ids at once.") }
    }
}

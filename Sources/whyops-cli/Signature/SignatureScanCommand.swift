import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsValidation

/// `whyops signature scan`
struct SignatureScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Finds every invisible character in files and folders: ours are named, others explained.",
        discussion: """
            Of folders all files are read but hidden ones and those that hold a zero byte. What a script or an emoji may need, such \
            as the joiners of Persian, is ordinary and only listed with --all; signatures, and characters that no writing needs \
            (tags, rows of zero-width characters, overrides of direction), are findings.
            Exit status: 0 nothing found, 1 findings, 2 misuse or a file that cannot be read.

            Examples:
              whyops signature scan Sources docs
              whyops signature scan --escapes --json payloads/*.json
              git diff | whyops signature scan --all -
            """
    )

    @OptionGroup var keyOptions: SigningKeyOptions
    @Argument(help: "Files, folders, patterns, or - for standard input.", completion: .file()) var files = ["-"]
    @Flag(help: "List what a script or an emoji may need, too.") var all = false
    @Flag(help: "Read JSON's escapes (\\u200b) as the characters that they stand for.") var escapes = false
    @Flag(help: "Print a JSON object a line.") var json = false

    func run() throws {
        let scan = InvisibleScan(escapes: escapes, keys: try keyOptions.keys())
        let paths: [String]
        do {
            paths = try FileSelection.files(for: files, endings: nil)
        } catch let failure as FileSelection.NothingFound {
            throw ValidationError(failure.message)
        }
        var counts: [InvisibleRun.Kind: Int] = [:]
        var read = 0
        for path in paths {
            let bytes = try TextInput.bytes(of: path)
            // What is no text has bytes that look like anything.
            if bytes.prefix(8192).contains(0) { continue }
            read += 1
            for run in scan.runs(in: bytes, of: path) {
                counts[run.kind, default: 0] += 1
                if all || run.kind != .ordinary { tell(run) }
            }
        }
        let ordinary = counts[.ordinary] ?? 0
        let found = (counts[.signature] ?? 0, counts[.suspicious] ?? 0)
        Terminal.note(
            "\(read) \(read == 1 ? "file" : "files"): \(found.0) \(found.0 == 1 ? "signature" : "signatures"), "
                + "\(found.1) suspicious, \(ordinary) ordinary\(ordinary > 0 && !all ? " (--all lists them)" : "")"
        )
        if found.0 + found.1 > 0 { throw ExitCode(1) }
    }

    private func tell(_ run: InvisibleRun) {
        guard json else {
            return Terminal.out(
                "\(run.source):\(run.place.line):\(run.place.column): \(run.kind.rawValue): \(run.sentence)"
            )
        }
        Terminal.out { writer in
            writer.member("file", run.source)
            writer.member("line", run.place.line)
            writer.member("column", run.place.column)
            writer.member("start", run.range.lowerBound)
            writer.member("end", run.range.upperBound)
            writer.member("kind", run.kind.rawValue)
            writer.member("message", run.sentence)
            writer.member("count", run.count)
            writer.name("codePoints")
            writer.array { writer in
                for scalar in run.scalars { writer.string(InvisibleRun.code(scalar)) }
            }
            if let signature = run.signature {
                writer.name("signature")
                writer.object { signature.write(to: &$0) }
            }
        }
    }
}

import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures how fast this machine signs, finds and strips, beside a copy of the same bytes.",
        discussion: """
            One row a line: what is done, bytes of its text, nanoseconds each time (the median of eleven), megabytes a second, and \
            that speed as a share of the speed of a copy of the same bytes. A build for debugging is many times slower.

            Examples:
              whyops bench
              whyops bench --json --seconds 1
            """
    )

    @Option(help: "About how long each row may take, in seconds, up to 60.") var seconds = 0.5
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard seconds > 0, seconds <= 60 else { throw ValidationError("--seconds must be above 0 and at most 60.") }
    }

    func run() throws {
        let isDebug = isDebugBuild()
        if isDebug {
            Terminal.note("This is a build for debugging; 'swift build -c release' makes one to measure with.")
        }
        var table = TextTable("WHAT", "BYTES", "NANOSECONDS", "MB/S", "OF A COPY")
        var rows: [(work: BenchWork, nanoseconds: Double, copy: Double)] = []
        for work in BenchWork.all() {
            rows.append(
                (work, Stopwatch.median(work.run, seconds: seconds), Stopwatch.median(work.copy, seconds: seconds / 4))
            )
            if Terminal.isInteractive, !json { Terminal.status("\(rows.count) of \(BenchWork.all().count)") }
        }
        if Terminal.isInteractive, !json { Terminal.status("") }
        if json { return Terminal.out(object: { write(rows, isDebug, to: &$0) }) }
        for row in rows {
            table.add(
                .init(row.work.name),
                .init("\(row.work.byteCount)"),
                .init("\(Int(row.nanoseconds.rounded()))"),
                .init("\(Int((Double(row.work.byteCount) * 1000 / row.nanoseconds).rounded()))"),
                .init(Self.ratio(row.copy / row.nanoseconds))
            )
        }
        table.print()
    }

    private func write(
        _ rows: [(work: BenchWork, nanoseconds: Double, copy: Double)],
        _ isDebug: Bool,
        to writer: inout JSONWriter
    ) {
        writer.member("isDebugBuild", isDebug)
        writer.name("rows")
        writer.array { writer in
            for row in rows {
                writer.object { writer in
                    writer.member("name", row.work.name)
                    writer.member("bytes", row.work.byteCount)
                    writer.member("nanoseconds", Int(row.nanoseconds.rounded()))
                    writer.member("copyNanoseconds", Int(row.copy.rounded()))
                }
            }
        }
    }

    /// With three digits behind the point.
    private static func ratio(_ value: Double) -> String {
        let thousandths = Int((value * 1000).rounded())
        let digits = "\(thousandths % 1000)"
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits + "x"
    }

    private func isDebugBuild() -> Bool {
        #if DEBUG
            true
        #else
            false
        #endif
    }
}

/// Times work by the monotonic clock.
enum Stopwatch {
    private static let batches = 11

    /// Nanoseconds of one call: the median of eleven batches of as many calls as fit into the time.
    static func median(_ work: () -> Int, seconds: Double) -> Double {
        var sink = 0
        let first = time(1, work, &sink)
        let calls = max(1, Int(seconds * 1e9 / Double(batches) / max(first, 1)))
        let times = (0..<batches).map { _ in time(calls, work, &sink) / Double(calls) }.sorted()
        // What came out is looked at, so that the work is not left out.
        precondition(sink != .min)
        return times[batches / 2]
    }

    private static func time(_ calls: Int, _ work: () -> Int, _ sink: inout Int) -> Double {
        let start = ContinuousClock.now
        for _ in 0..<calls { sink = sink &* 31 &+ work() }
        return (ContinuousClock.now - start) / .nanoseconds(1)
    }
}

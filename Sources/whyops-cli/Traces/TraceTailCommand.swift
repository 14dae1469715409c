import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops traces tail`
struct TraceTailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow traces as they grow, until it is interrupted.",
        discussion: """
            A line for each trace that begins or goes on, as 'traces list' has it, or with --json one JSON object a line. A \
            connection that breaks is made again, and nothing is missed by that.

            Examples:
              whyops traces tail
              whyops traces tail --url http://127.0.0.1:8081 --agent support --json
            """
    )

    @OptionGroup var place: PlaceOptions
    @Option(help: "Of this agent only.") var agent: String?
    @Option(help: "End after so many lines.") var lines: Int?
    @Flag(help: "Print JSON, one object a line.") var json = false

    func validate() throws {
        if let lines, lines < 1 { throw ValidationError("--lines must be 1 or more.") }
    }

    func run() async throws {
        try await place.with { place in
            let follower = TraceFollower(agent: agent, lines: lines, json: json)
            var pause = 1
            while true {
                let position = await follower.position
                var reason = "The stream was ended by \(place.name)."
                do {
                    try await place.listen("/api/threads/stream", lastEventID: position) { try await follower.take($0) }
                } catch is TraceFollower.Enough {
                    return
                } catch let refusal as StreamRefusal {
                    reason = "Status \(refusal.status) came from \(place.name)."
                    // A service that starts again comes back; who is refused stays refused.
                    guard refusal.status == 429 || refusal.status >= 500 else { throw CommandFailure(reason) }
                } catch let fault as Settings.Fault {
                    // What never answered is named wrongly.
                    if await follower.position == nil { throw fault }
                    reason = fault.description
                }
                pause = await follower.position == position ? min(pause * 2, 30) : 1
                Terminal.note("\(reason) Trying again in \(pause) s.")
                await follower.begin()
                try await Task.sleep(for: .seconds(pause))
            }
        }
    }
}

/// Prints what a stream of traces says.
private actor TraceFollower {
    /// As many lines were printed as were asked for.
    struct Enough: Error {}

    /// The id of the last event, from where a broken stream goes on.
    private(set) var position: String?
    private let agent: String?
    private let json: Bool
    private var left: Int?
    private var rest: [UInt8] = []
    private var event = ""
    private var data: [UInt8] = []

    init(agent: String?, lines: Int?, json: Bool) {
        self.agent = agent
        self.json = json
        left = lines
    }

    /// A new connection begins with a new event.
    func begin() {
        rest = []
        event = ""
        data = []
    }

    /// Takes bytes of the stream, whose lines end with LF (ING-56).
    func take(_ bytes: [UInt8]) throws {
        rest += bytes
        while let end = rest.firstIndex(of: 0x0A) {
            let line = Array(rest[..<end])
            rest.removeFirst(end + 1)
            try take(line: line)
        }
    }

    private func take(line: [UInt8]) throws {
        if line.isEmpty { return try finish() }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return }
        let value = line[(colon + 1)...].drop { $0 == 0x20 }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": event = String(decoding: value, as: UTF8.self)
        case "id": position = String(decoding: value, as: UTF8.self)
        case "data": data += value
        default: break
        }
    }

    private func finish() throws {
        defer {
            event = ""
            data = []
        }
        if event == "gap" { return Terminal.note("More has changed than is told; 'whyops traces list' has it.") }
        guard event == "trace", let thread = try? JSONDocument(data).root else { return }
        if let agent, thread["entityName"]?.string.map({ $0.utf8.elementsEqual(agent.utf8) }) != true { return }
        if json {
            Terminal.out(String(decoding: thread.slice, as: UTF8.self))
        } else {
            TraceRow(thread).print()
        }
        guard let left else { return }
        self.left = left - 1
        if left == 1 { throw Enough() }
    }
}

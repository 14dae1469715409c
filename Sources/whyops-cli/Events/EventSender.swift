import ArgumentParser
import NIOHTTP1
import WhyOps
import WhyOpsCommand
import WhyOpsInterop
import WhyOpsValidation

/// Sends the events of files to a service, in requests of bounded size, and tells what becomes of each.
struct EventSender {
    /// What became of all of them.
    struct Tally {
        var saved = 0
        var repeated = 0
        var sampledOut = 0
        var refused = 0
    }

    private struct Item {
        let bytes: [UInt8]
        let line: Int
    }

    /// More are refused in one request; and a request of these bytes is taken by every service.
    private static let maximumEvents = 200
    private static let maximumBytes = 4 << 20
    /// How often a service that is overloaded is asked again.
    private static let attempts = 8

    /// What may be held of spans, which are read whole before they become events.
    private static let maximumSpanBytes = 512 << 20
    private static let space = Array(" \t\r\n".utf8)

    let place: any IngestPlace
    let profile: String?
    private let format: ImportFormat
    private(set) var tally = Tally()
    private var items: [Item] = []
    private var bytes = 0
    private var spans = OTLPImport()
    private var spanBytes = 0
    private var isFile = true

    init(place: any IngestPlace, profile: String?, format: ImportFormat = .ndjson) {
        self.place = place
        self.profile = profile
        self.format = format
    }

    /// Sends all events of a file.
    mutating func send(file path: String) async throws {
        if format == .protobuf { return try await send(protobuf: path) }
        var splitter = PayloadSplitter()
        isFile = path != "-"
        let name = isFile ? path : "standard input"
        let progress = ByteProgress()
        var done = 0
        do {
            let source = try ByteSource(path)
            while true {
                let part = try source.read()
                let pieces = part.isEmpty ? splitter.finish() : splitter.feed(part)
                for piece in pieces { try await take(piece, of: name) }
                if part.isEmpty { break }
                // Who writes into a pipe line by line does not wait for more lines.
                if source.size == nil { try await flush(name) }
                done += part.count
                progress.show(name, done, of: source.size)
            }
        } catch let failure as ByteSource.Failure {
            throw Settings.Fault(description: failure.message)
        }
        try await flush(name)
        try await sendSpans(of: name)
        progress.clear()
    }

    /// Sends what a file stands for that is one request in Protocol Buffers.
    private mutating func send(protobuf path: String) async throws {
        let name = path == "-" ? "standard input" : path
        var bytes: [UInt8] = []
        do {
            let source = try ByteSource(path)
            while true {
                let part = try source.read()
                if part.isEmpty { break }
                bytes += part
                guard bytes.count <= PayloadSplitter.maximumValueBytes else {
                    throw CommandFailure(
                        "\(plain(name)) has more than \(PayloadSplitter.maximumValueBytes >> 20) MiB in one request: split it."
                    )
                }
            }
        } catch let failure as ByteSource.Failure {
            throw Settings.Fault(description: failure.message)
        }
        let known = spans.unreadable
        do throws(ProtobufFault) {
            try spans.add(protobuf: bytes)
        } catch {
            tally.refused += 1
            let form = "this is no request of OTLP in Protocol Buffers"
            return Terminal.note(plain("\(name): otlp: \(form): at byte \(error.place), \(error.message)"))
        }
        spanBytes = bytes.count
        noteUnreadable(spans.unreadable - known, of: name, 1)
        try await sendSpans(of: name)
    }

    /// Makes events of the spans of a file and sends them.
    private mutating func sendSpans(of name: String) async throws {
        guard spanBytes > 0 else { return }
        let (events, leftOut) = spans.events()
        spans = OTLPImport()
        spanBytes = 0
        for imported in events { try await add(Item(bytes: imported.event.json, line: imported.line), of: name) }
        try await flush(name)
        guard leftOut > 0 else { return }
        let count = leftOut == 1 ? "1 span is" : "\(leftOut) spans are"
        Terminal.note("\(plain(name)): \(count) about neither a model nor a tool, and left out.")
    }

    private mutating func add(_ item: Item, of name: String) async throws {
        if items.count == Self.maximumEvents || bytes + item.bytes.count > Self.maximumBytes { try await flush(name) }
        items.append(item)
        bytes += item.bytes.count
    }

    private mutating func take(_ piece: PayloadPiece, of name: String) async throws {
        switch piece {
        case .fault(let rule, let message, let place):
            refuse(name, place.line, rule, message)
        case .text(let text):
            let line = text.place(of: 0).line
            // Whoever has no events sends none.
            guard text.bytes.contains(where: { !Self.space.contains($0) }) else { return }
            guard let root = try? JSONDocument(text.bytes).root else {
                // No text has such bytes, and what exporters send has them in its first span.
                let isBinary = format != .ndjson && text.bytes.contains { $0 < 0x09 }
                let advice =
                    isBinary
                    ? "; --format otlp-protobuf reads requests in Protocol Buffers"
                    : isFile ? "; 'whyops validate \(name)' says where it breaks" : ""
                return refuse(name, line, "json", "this is not JSON\(advice)")
            }
            guard format != .ndjson else { return try await add(Item(bytes: text.bytes, line: line), of: name) }
            if OTLPImport.isRequest(root) {
                spanBytes += text.bytes.count
                guard spanBytes <= Self.maximumSpanBytes else {
                    throw CommandFailure(
                        "\(plain(name)) has more than \(Self.maximumSpanBytes >> 20) MiB of spans: split it."
                    )
                }
                let known = spans.unreadable
                spans.add(root, line: line)
                noteUnreadable(spans.unreadable - known, of: name, line)
            } else if format == .auto {
                try await add(Item(bytes: text.bytes, line: line), of: name)
            } else {
                refuse(name, line, "otlp", "this is no request of OTLP for spans: it has no list resourceSpans")
            }
        }
    }

    private mutating func noteUnreadable(_ count: Int, of name: String, _ line: Int) {
        guard count > 0 else { return }
        let which = count == 1 ? "1 span has" : "\(count) spans have"
        let form = "traceId is 32 hexadecimal digits and spanId 16, or both are these bytes in base64"
        refuse(name, line, "otlp", "\(which) no ids that can be read: \(form)", counts: count)
    }

    private mutating func flush(_ name: String) async throws {
        let waiting = items
        items = []
        bytes = 0
        try await send(waiting[...], of: name)
    }

    private mutating func send(_ items: ArraySlice<Item>, of name: String) async throws {
        guard let first = items.first else { return }
        let body = [UInt8(ascii: "[")] + items.map(\.bytes).joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
        let query = queryText([("partial", "true"), ("profile", profile)])
        let (status, answer) = try await ask("/api/events" + query, Array(body))
        if status == 413 {
            // How much a service takes is its operator's choice.
            guard items.count > 1 else {
                return refuse(name, first.line, "body.maxBytes", "the event is longer than \(place.name) takes")
            }
            let middle = items.startIndex + items.count / 2
            try await send(items[..<middle], of: name)
            return try await send(items[middle...], of: name)
        }
        let results = try place.checked(status, answer)["results"]?.children ?? []
        guard results.count == items.count else {
            throw CommandFailure("It is not known what became of each event: \(place.name) did not say.")
        }
        for (item, result) in zip(items, results) { note(result, of: item, name) }
    }

    private mutating func note(_ result: JSONValue, of item: Item, _ name: String) {
        switch result["status"]?.string {
        case "saved": tally.saved += 1
        case "skipped": tally.repeated += 1
        case "sampled_out": tally.sampledOut += 1
        default:
            let details = result["details"]?.children ?? []
            if details.isEmpty {
                return refuse(name, item.line, result["status"]?.string ?? "refused", result["message"]?.string ?? "")
            }
            for (index, fault) in details.enumerated() {
                let text = "\(fault["pointer"]?.string ?? "") \(fault["message"]?.string ?? "")"
                refuse(name, item.line, fault["rule"]?.string ?? "", text, counts: index == 0 ? 1 : 0)
            }
        }
    }

    /// Asks again where the service says that it has no room now, for a minute and over.
    private func ask(_ path: String, _ body: [UInt8]) async throws -> (status: Int, body: [UInt8]) {
        var pause = Duration.milliseconds(500)
        for _ in 1..<Self.attempts {
            let (status, answer) = try await place.ask(.POST, path, body: body, limit: 64 << 20)
            if status != 429, status != 503 { return (status, answer) }
            try await Task.sleep(for: pause)
            pause *= 2
        }
        return try await place.ask(.POST, path, body: body, limit: 64 << 20)
    }

    private mutating func refuse(_ name: String, _ line: Int, _ rule: String, _ message: String, counts: Int = 1) {
        tally.refused += counts
        Terminal.note(plain("\(name):\(line): \(rule): \(message)"))
    }
}

extension EventSender {
    /// Sends files and says what became of their events, also where the service fails in the middle.
    ///
    /// - Throws: `ExitCode(1)` where some were refused.
    static func run(
        _ files: [String],
        profile: String?,
        _ options: PlaceOptions,
        json: Bool,
        format: ImportFormat = .ndjson
    ) async throws {
        try await options.with { place in
            var sender = EventSender(place: place, profile: profile, format: format)
            do {
                for file in files { try await sender.send(file: file) }
            } catch {
                Terminal.note("Before that: \(sender.tally.text)")
                throw error
            }
            Terminal.out(json ? sender.tally.json : sender.tally.text)
            if sender.tally.refused > 0 { throw ExitCode(1) }
        }
    }
}

extension EventSender.Tally {
    /// One sentence for a person.
    var text: String {
        var parts = ["\(saved) stored"]
        if repeated > 0 { parts.append("\(repeated) were there already") }
        if sampledOut > 0 { parts.append("\(sampledOut) left out by sampling") }
        parts.append("\(refused) refused")
        return parts.joined(separator: ", ") + "."
    }

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("saved", saved)
            writer.member("skipped", repeated)
            writer.member("sampledOut", sampledOut)
            writer.member("refused", refused)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

import Foundation
import WhyOps
import Workloads

// Prints the table of `Benchmarks/RESULTS.md`, or writes the bodies that other languages are measured with.
//
//     Speed [--peers FOLDER] [PREFIX...]    measures, with what peers took from FOLDER/*.times
//     Speed --bodies FOLDER                 writes FOLDER/request-*.json

let sizes = [4 << 10, 64 << 10, 1 << 20, 16 << 20]

func text(_ size: Int, _ script: Script) -> Rotation {
    Rotation(size: size) { number in Array(repeating: UInt8(ascii: "x"), count: number % 13) + script.text(size) }
}

func requests(_ format: ExchangeFormat, _ script: Script, _ size: Int, signatures: Int) -> Rotation {
    Rotation(size: size) { number in
        // White space before the body moves everything behind it.
        Array(repeating: UInt8(ascii: " "), count: number % 13)
            + Requests.body(format, script, size: size, signatures: signatures)
    }
}

func signatureRows() -> [Row] {
    let id = Requests.traceID
    let frame = Requests.frame
    nonisolated(unsafe) var reused: [UInt8] = []
    var rows = [
        Row("v1 encode", Rotation(size: 1 << 22) { _ in frame }) { _ in
            keep(InvisibleSignature.encodeV1(id))
        } obvious: { _ in
            keep(Obvious.encode(id.text))
        },
        Row("v1 encode into a text", Rotation(size: 1 << 22) { _ in frame }) { _ in
            reused.removeAll(keepingCapacity: true)
            keep(InvisibleSignature.appendV1(id, to: &reused))
        },
        Row("v1 decode", Rotation(size: 1 << 22) { _ in frame }) { text in
            keep(InvisibleSignature.extract(from: text.span))
        } obvious: { text in
            keep(Obvious.extract(text))
        },
    ]
    if let key = SigningKey(id: 1, bytes: [UInt8](repeating: 7, count: 32)), let keys = SigningKeys([key]),
        let frame = InvisibleSignature.encodeV2(id, with: key)
    {
        let inputs = Rotation(size: 1 << 22) { _ in frame }
        rows.append(Row("v2 sign", inputs, ours: { _ in keep(InvisibleSignature.encodeV2(id, with: key)) }))
        rows.append(
            Row("v2 verify", inputs, ours: { text in keep(InvisibleSignature.extract(from: text.span, keys: keys)) })
        )
    }
    for size in [200] + sizes {
        let signed = Rotation(size: size) { number in
            Array(repeating: UInt8(ascii: "x"), count: number % 13) + Script.ascii.text(size) + frame
        }
        rows.append(
            Row("extract the newest id of a text", signed) { text in
                keep(InvisibleSignature.extract(from: text.span))
            } obvious: { text in
                keep(Obvious.extract(text))
            }
        )
    }
    for size in [200] + sizes {
        rows.append(
            Row("strip, nothing there", text(size, .ascii)) { text in
                keep(InvisibleSignature.strip(text))
            } obvious: { text in
                keep(Obvious.strip(text))
            }
        )
    }
    for script in Script.allCases where script != .ascii {
        rows.append(
            Row("strip, nothing there, \(script.rawValue)", text(1 << 20, script)) { text in
                keep(InvisibleSignature.strip(text))
            } obvious: { text in
                keep(Obvious.strip(text))
            }
        )
    }
    return rows
}

func requestRows() -> [Row] {
    func row(_ format: ExchangeFormat, _ script: Script, _ size: Int, _ signatures: Int) -> Row {
        var name = "request \(format)"
        if script != .ascii { name += ", \(script.rawValue)" }
        return Row("\(name), \(signatures) signatures", requests(format, script, size, signatures: signatures)) {
            body in
            keep((try? RequestReading(body, format: format))?.forwarded)
        } obvious: { body in
            keep(Obvious.rewrite(body))
        }
    }
    return sizes.flatMap { size in
        [0, 1, 50].filter { $0 < 50 || size >= 64 << 10 }.map { row(.chat, .ascii, size, $0) }
    }
        + [row(.messages, .ascii, 1 << 20, 1), row(.responses, .ascii, 1 << 20, 1)]
        + Script.allCases.filter { $0 != .ascii }.map { row(.chat, $0, 1 << 20, 1) }
}

func replyRows() -> [Row] {
    let formats = [ExchangeFormat.chat, .messages, .responses]
    let streams = formats.map { format in
        let delta = Streams.delta(format)
        let opening = Streams.opening(format)
        return Row(
            "stream \(format), one event a read",
            Rotation(size: 1 << 22) { _ in [[UInt8]](repeating: delta, count: 500).flatMap { $0 } }
        ) { events in
            var stream = ReplyStream(format: format, frame: Requests.frame)
            keep(stream.read(opening.span))
            var offset = 0
            while offset < events.count {
                keep(stream.read(events.span.extracting(offset..<offset + delta.count)))
                offset += delta.count
            }
            keep(stream.finish())
        } obvious: { _ in
            for _ in 0..<500 { Obvious.passEvent(delta) }
        }
    }
    let wholes = formats.flatMap { format in
        [200, 4 << 10, 64 << 10].map { size in
            Row("reply \(format)", Rotation(size: size) { _ in Replies.body(format, size: size) }) { body in
                let reply = WholeReply(body, format: format, frame: Requests.frame)
                keep(body.applying(reply?.edits ?? []))
            } obvious: { body in
                keep(Obvious.rewrite(body))
            }
        }
    }
    return streams + wholes
}

func otherRows() -> [Row] {
    let batches = Rotation(size: 700_000) { _ in Events.batch(1000) }
    let definition = Rotation(size: 4 << 10) { Replies.definition($0, size: 4 << 10) }
    return [
        Row("JSON scan, events", batches) { text in
            keep(try? JSONTape(scanning: text.span))
        } obvious: { text in
            keep(Obvious.parse(text))
        },
        Row("JSON scan, chat request", requests(.chat, .ascii, 1 << 20, signatures: 0)) { text in
            keep(try? JSONTape(scanning: text.span))
        } obvious: { text in
            keep(Obvious.parse(text))
        },
        Row("event validation", batches) { text in
            if let document = try? JSONDocument(text) { keep(EventValidator().faults(in: document)) }
        } obvious: { text in
            keep(Obvious.parse(text))
        },
        Row("event validation, strict", batches) { text in
            if let document = try? JSONDocument(text) { keep(EventValidator(profile: .strict).faults(in: document)) }
        } obvious: { text in
            keep(Obvious.parse(text))
        },
        Row("hash of a definition", definition) { text in
            keep((try? CanonicalJSON(text)).map { SHA256.digest(of: $0.bytes) })
        } obvious: { text in
            keep(Obvious.canonical(text))
        },
        Row("SHA-256", text(1 << 20, .ascii), ours: { text in keep(SHA256.digest(of: text)) }),
    ]
}

/// The lines `FILE NANOSECONDS` of what peers took, by file.
func peerTimes(_ folder: String) -> [String: [(name: String, nanoseconds: Double)]] {
    var times: [String: [(name: String, nanoseconds: Double)]] = [:]
    for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where file.hasSuffix(".times") {
        let text = (try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let nanoseconds = Double(words[1]) else { continue }
            times[String(words[0]), default: []].append((String(file.dropLast(6)), nanoseconds))
        }
    }
    return times
}

var arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "--bodies", arguments.count == 2 {
    for size in sizes {
        for signatures in [0, 1] {
            let body = Requests.body(.chat, size: size, signatures: signatures)
            try Data(body).write(to: URL(filePath: "\(arguments[1])/request-\(size)-\(signatures).json"))
        }
    }
    exit(0)
}
var peers: [String: [(name: String, nanoseconds: Double)]] = [:]
if arguments.first == "--peers", arguments.count >= 2 {
    peers = peerTimes(arguments[1])
    arguments.removeFirst(2)
}
print(Row.head)
for rows in [signatureRows, requestRows, replyRows, otherRows] {
    for var row in rows() where arguments.isEmpty || arguments.contains(where: { row.name.hasPrefix($0) }) {
        if row.name.hasPrefix("request chat, "), let signatures = row.name.split(separator: " ").dropFirst(2).first,
            let size = sizes.first(where: { row.inputs.size < 2 * $0 })
        {
            row.peers = peers["request-\(size)-\(signatures).json"] ?? []
        }
        print(row.measured())
    }
}

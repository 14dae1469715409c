import WhyOps
import Workloads

/// One thing that is counted.
struct Case {
    /// What it is called in the table of limits.
    var name: String
    /// What it reads, for the slow way to read it as well.
    var input: [UInt8]
    /// The work.
    var body: @Sendable () -> Void

    init(_ name: String, _ input: [UInt8], _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.input = input
        self.body = body
    }

    /// The same work, with the text read character by character first, as code does that makes strings of it.
    var slowed: Case {
        let input = input
        let body = body
        return Case(name, input) {
            var sum: UInt32 = 0
            for scalar in String(decoding: input, as: UTF8.self).unicodeScalars { sum &+= scalar.value }
            keep(sum)
            body()
        }
    }
}

/// Keeps the optimizer from removing what is counted.
@inline(never)
func keep<Value>(_ value: Value) {}

extension Case {
    /// What is held to limits.
    static var gated: [Case] { signatures + json + requests + replies + events }

    private static var signatures: [Case] {
        let id = Requests.traceID
        let frame = Requests.frame
        let long = Script.ascii.text(64 << 10)
        let signed = long + frame
        let persian = Script.persian.text(64 << 10)
        var list = [
            Case("encode-v1", Array(id.text.utf8)) { keep(InvisibleSignature.encodeV1(id)) },
            Case("extract-v1", frame) { keep(InvisibleSignature.extract(from: frame.span)) },
            Case("extract-v1-64K", frame) { keep(InvisibleSignature.extract(from: signed.span)) },
            Case("strip-nothing-64K", long) { keep(InvisibleSignature.strip(long)) },
            Case("strip-persian-64K", persian) { keep(InvisibleSignature.strip(persian)) },
            Case("strip-frame-64K", signed) { keep(InvisibleSignature.strip(signed)) },
        ]
        if let key = SigningKey(id: 1, bytes: [UInt8](repeating: 7, count: 32)), let keys = SigningKeys([key]),
            let frame = InvisibleSignature.encodeV2(id, with: key)
        {
            list += [
                Case("sign-v2", Array(id.text.utf8)) { keep(InvisibleSignature.encodeV2(id, with: key)) },
                Case("verify-v2", frame) { keep(InvisibleSignature.extract(from: frame.span, keys: keys)) },
            ]
        }
        return list
    }

    private static var json: [Case] {
        let batch = Events.batch(100)
        let hash = Script.ascii.text(16 << 10)
        return [
            Case("scan-events-100", batch) { keep(try? JSONTape(scanning: batch.span)) },
            Case("canonical-events-100", batch) { keep(try? CanonicalJSON(batch)) },
            Case("sha256-16K", hash) { keep(SHA256.digest(of: hash)) },
        ]
    }

    private static var requests: [Case] {
        var list: [Case] = []
        for format in [ExchangeFormat.chat, .messages, .responses] {
            for signatures in [0, 1, 50] {
                let body = Requests.body(format, size: 64 << 10, signatures: signatures)
                list.append(
                    Case("request-\(format)-64K-\(signatures)", body) {
                        keep((try? RequestReading(body, format: format))?.forwarded)
                    }
                )
            }
        }
        for script in Script.allCases where script != .ascii {
            let body = Requests.body(.chat, script, size: 64 << 10, signatures: 1)
            list.append(
                Case("request-\(script.rawValue)-64K-1", body) {
                    keep((try? RequestReading(body, format: .chat))?.forwarded)
                }
            )
        }
        let small = Requests.body(.chat, size: 4 << 10, signatures: 1)
        list.append(Case("request-chat-4K-1", small) { keep((try? RequestReading(small, format: .chat))?.forwarded) })
        return list
    }

    private static var replies: [Case] {
        let body = Replies.body(.chat, size: 64 << 10)
        let whole = Case("reply-chat-64K", body) {
            keep(WholeReply(body, format: .chat, frame: Requests.frame))
        }
        return [whole]
            + [ExchangeFormat.chat, .messages, .responses].map { format in
                let opening = Streams.opening(format)
                let delta = Streams.delta(format)
                var ready = ReplyStream(format: format, frame: Requests.frame)
                keep(ready.read(opening.span))
                // Once before it counts, so that its buffers are there.
                keep(ready.read(delta.span))
                nonisolated(unsafe) var stream = ready
                return Case("stream-\(format)-100", [[UInt8]](repeating: delta, count: 100).flatMap { $0 }) {
                    for _ in 0..<100 { keep(stream.read(delta.span)) }
                }
            }
    }

    private static var events: [Case] {
        let batch = Events.batch(100)
        return [
            Case("validate-events-100", batch) {
                if let document = try? JSONDocument(batch) { keep(EventValidator().faults(in: document)) }
            },
            Case("validate-strict-100", batch) {
                if let document = try? JSONDocument(batch) {
                    keep(EventValidator(profile: .strict).faults(in: document))
                }
            },
        ]
    }
}

extension Case {
    /// Hostile texts of a size and of twice that size, to be compared.
    static func linear(_ size: Int) -> [Case] {
        [size, 2 * size].flatMap { size in
            Hostile.allCases.flatMap { texts($0, size) } + HostileStream.allCases.map { stream($0, size) }
        }
    }

    private static func texts(_ kind: Hostile, _ size: Int) -> [Case] {
        let text = kind.text(size)
        let inner = kind.isValue ? text : Array("\"".utf8) + text + Array("\"".utf8)
        let body =
            Array("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":".utf8) + inner
            + Array("}]}".utf8)
        let event =
            Array("{\"eventType\":\"llm_response\",\"traceId\":\"t\",\"agentName\":\"a\",\"content\":".utf8) + inner
            + Array("}".utf8)
        let keys = SigningKey(id: 1, bytes: [UInt8](repeating: 7, count: 32)).flatMap { SigningKeys([$0]) }
        return [
            Case("\(kind.rawValue)/strip \(size)", text) { keep(InvisibleSignature.strip(text, keys: keys)) },
            Case("\(kind.rawValue)/extract \(size)", text) { keep(InvisibleSignature.extract(from: text.span)) },
            Case("\(kind.rawValue)/request \(size)", body) {
                keep((try? RequestReading(body, format: .chat, keys: keys))?.forwarded)
            },
            Case("\(kind.rawValue)/event \(size)", event) {
                if let document = try? JSONDocument(event) {
                    keep(EventValidator(profile: .strict).faults(in: document))
                }
            },
        ]
    }

    private static func stream(_ kind: HostileStream, _ size: Int) -> Case {
        let text = kind.text(size)
        let pieces = stride(from: 0, to: text.count, by: 1000).map { Array(text[$0..<min($0 + 1000, text.count)]) }
        return Case("\(kind.rawValue)/stream \(size)", text) {
            var stream = ReplyStream(format: .chat, frame: Requests.frame)
            for piece in pieces { keep(stream.read(piece.span)) }
            keep(stream.finish())
        }
    }
}

import CAllocations
import WhyOps
import Workloads

/// One thing that is counted.
struct Case {
    var name: String
    var body: @Sendable () -> Void
}

@inline(never)
func keep<Value>(_ value: Value) {}

nonisolated(unsafe) var current: @Sendable () -> Void = {}

nonisolated func measure() { whyops_cost_measured { current() } }

nonisolated func cases() -> [Case] {
    let requestPlain = Requests.body(.chat, size: 1 << 20, signatures: 0)
    let requestSigned = Requests.body(.chat, size: 1 << 20, signatures: 1)
    let requestCJK = Requests.body(.chat, .cjk, size: 1 << 20, signatures: 1)
    let requestEmoji = Requests.body(.chat, .emoji, size: 1 << 20, signatures: 1)
    let requestPersian = Requests.body(.chat, .persian, size: 1 << 20, signatures: 1)
    let requestEscaped = Requests.body(.chat, .escaped, size: 1 << 20, signatures: 1)
    let requestBase64 = Requests.body(.chat, .base64, size: 1 << 20, signatures: 1)
    let messagesSigned = Requests.body(.messages, size: 1 << 20, signatures: 1)
    let small = Requests.body(.chat, size: 4096, signatures: 1)
    let batch = Events.batch(1000)
    let signedText = Script.ascii.text(1 << 20) + Requests.frame
    let plainText = Script.ascii.text(1 << 20)
    let persianText = Script.persian.text(1 << 20)
    let hash = Script.ascii.text(64 << 10)
    nonisolated(unsafe) var chat = ReplyStream(format: .chat, frame: Requests.frame)
    nonisolated(unsafe) var messages = ReplyStream(format: .messages, frame: Requests.frame)
    let opening = Streams.opening(.messages)
    keep(messages.read(opening.span))
    let chatDelta = Streams.delta(.chat)
    let messagesDelta = Streams.delta(.messages)

    return [
        Case(name: "encode-v1") { keep(InvisibleSignature.encodeV1(Requests.traceID)) },
        Case(name: "extract-v1-frame") {
            let frame = Requests.frame; keep(InvisibleSignature.extract(from: frame.span))
        },
        Case(name: "extract-v1-1M") { keep(InvisibleSignature.extract(from: signedText.span)) },
        Case(name: "strip-plain-1M") { keep(InvisibleSignature.strip(plainText)) },
        Case(name: "strip-signed-1M") { keep(InvisibleSignature.strip(signedText)) },
        Case(name: "strip-persian-1M") { keep(InvisibleSignature.strip(persianText)) },
        Case(name: "scan-plain-1M") { keep(try? JSONTape(scanning: requestPlain.span)) },
        Case(name: "scan-events-1000") { keep(try? JSONTape(scanning: batch.span)) },
        Case(name: "request-plain-1M") { keep((try? RequestReading(requestPlain, format: .chat))?.forwarded) },
        Case(name: "request-signed-1M") { keep((try? RequestReading(requestSigned, format: .chat))?.forwarded) },
        Case(name: "request-signed-4K") { keep((try? RequestReading(small, format: .chat))?.forwarded) },
        Case(name: "request-cjk-1M") { keep((try? RequestReading(requestCJK, format: .chat))?.forwarded) },
        Case(name: "request-emoji-1M") { keep((try? RequestReading(requestEmoji, format: .chat))?.forwarded) },
        Case(name: "request-persian-1M") { keep((try? RequestReading(requestPersian, format: .chat))?.forwarded) },
        Case(name: "request-escaped-1M") { keep((try? RequestReading(requestEscaped, format: .chat))?.forwarded) },
        Case(name: "request-base64-1M") { keep((try? RequestReading(requestBase64, format: .chat))?.forwarded) },
        Case(name: "request-messages-1M") { keep((try? RequestReading(messagesSigned, format: .messages))?.forwarded) },
        Case(name: "stream-chat-100") { for _ in 0..<100 { keep(chat.read(chatDelta.span)) } },
        Case(name: "stream-messages-100") { for _ in 0..<100 { keep(messages.read(messagesDelta.span)) } },
        Case(name: "events-1000") {
            if let document = try? JSONDocument(batch) { keep(EventValidator().faults(in: document)) }
        },
        Case(name: "sha256-64K") { keep(SHA256.digest(of: hash)) },
    ]
}

let wanted = CommandLine.arguments.dropFirst()
for item in cases() where wanted.isEmpty || wanted.contains(where: { item.name.hasPrefix($0) }) {
    // Once before it counts, so that nothing is made on first use.
    item.body()
    current = item.body
    let before = whyops_allocation_count()
    measure()
    print(item.name, whyops_allocation_count() - before)
}

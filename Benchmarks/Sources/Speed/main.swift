import WhyOps

/// A chat request of about `size` bytes: alternating turns of English prose, a signature in the newest assistant turn.
func request(size: Int, signed: Bool) -> [UInt8] {
    let prose = "The order left the warehouse this morning; it should arrive on Friday. \\\"Thanks\\\", she wrote.\\n"
    let frame = TraceID("0b6f4c1e-3a52-4f0e-9d2c-7c1f6f1b2a3d").flatMap { InvisibleSignature.encodeV1($0) } ?? []
    var body = Array(
        "{\"model\":\"gpt-4o\",\"temperature\":0.20,\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"}".utf8
    )
    while body.count < size {
        body += ",{\"role\":\"user\",\"content\":\"".utf8
        for _ in 0..<6 { body += prose.utf8 }
        body += "\"},{\"role\":\"assistant\",\"content\":\"".utf8
        for _ in 0..<6 { body += prose.utf8 }
        if signed, body.count >= size { body += frame }
        body += "\"}".utf8
    }
    return body + Array("]}".utf8)
}

/// A number with three decimals, without the C library's rounding.
func decimals(_ value: Double) -> String {
    let thousandths = Int(value * 1000 + 0.5)
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
}

func report(_ name: String, _ nanoseconds: Double, bytes: Int? = nil, ratio: String = "") {
    let speed = bytes.map { "\(decimals(Double($0) / nanoseconds)) GB/s" } ?? ""
    let time = nanoseconds < 10_000 ? "\(Int(nanoseconds + 0.5)) ns" : "\(decimals(nanoseconds / 1000)) us"
    print([name, time, speed, ratio].filter { !$0.isEmpty }.joined(separator: "  "))
}

for size in [4 << 10, 64 << 10, 1 << 20, 16 << 20] {
    let signed = request(size: size, signed: true)
    let plain = request(size: size, signed: false)
    let rounds = size > 1 << 20 ? 9 : 31
    let times = Measure.nanoseconds(
        rounds: rounds,
        [
            {
                keep(
                    [UInt8](unsafeUninitializedCapacity: signed.count) { target, count in
                        signed.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
                        count = signed.count
                    }
                )
            },
            { keep((try? RequestReading(signed, format: .chat))?.forwarded) },
            { keep((try? RequestReading(plain, format: .chat))?.forwarded) },
            { keep(InvisibleSignature.strip(plain)) },
        ]
    )
    print("request of \(signed.count) bytes")
    report("  copy of the body           ", times[0], bytes: signed.count)
    for (name, time) in [
        ("  read, extract and strip    ", times[1]), ("  read, nothing to strip     ", times[2]),
        ("  strip as plain text        ", times[3]),
    ] {
        report(name, time, bytes: signed.count, ratio: "\(decimals(times[0] / time))x the copy")
    }
}

if let id = TraceID("0b6f4c1e-3a52-4f0e-9d2c-7c1f6f1b2a3d"), let frame = InvisibleSignature.encodeV1(id) {
    let event = Array(
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1730419200,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" warehouse\"},\"finish_reason\":null}]}\n\n"
            .utf8
    )
    let events = 1000
    let times = Measure.nanoseconds([
        { keep(InvisibleSignature.encodeV1(id)) },
        { keep(InvisibleSignature.extract(from: frame.span)) },
        {
            var stream = ReplyStream(format: .chat, frame: frame)
            for _ in 0..<events { keep(stream.read(event.span)) }
            keep(stream.finish())
        },
    ])
    print("signature of a UUID")
    report("  encode                     ", times[0])
    report("  extract                    ", times[1])
    print("stream, events of \(event.count) bytes, one in each read")
    report("  for each event             ", times[2] / Double(events))
}

import WhyOps

/// Something to measure, and a copy of the bytes that it reads or writes.
struct BenchWork {
    let name: String
    let byteCount: Int
    /// Does it once; the number depends on what came out.
    let run: () -> Int
    let copy: () -> Int

    private init(_ name: String, over bytes: [UInt8], _ run: @escaping () -> Int) {
        self.name = name
        self.run = run
        byteCount = bytes.count
        let place = Buffer(bytes.count)
        copy = { place.fill(with: bytes) }
    }

    static func all() -> [BenchWork] {
        guard let id = TraceID("7f4df4f0-6c1b-4c55-9d4c-2f1c2b1a0e11"),
            let key = SigningKey(id: 1, bytes: Array(1...32)), let keys = SigningKeys([key]),
            let v1 = InvisibleSignature.encodeV1(id), let v2 = InvisibleSignature.encodeV2(id, with: key)
        else { preconditionFailure("a UUID can be embedded, and a key has 32 bytes") }
        let signed = Array("The order has left the warehouse.".utf8) + v2
        var works = [
            BenchWork("v1 encode", over: v1) { InvisibleSignature.encodeV1(id)?.count ?? 0 },
            BenchWork("v1 decode", over: v1) { InvisibleSignature.extract(from: v1.span)?.text.utf8.count ?? 0 },
            BenchWork("v2 sign and encode", over: v2) { InvisibleSignature.encodeV2(id, with: key)?.count ?? 0 },
            BenchWork("v2 decode and verify", over: v2) {
                InvisibleSignature.extract(from: v2.span, keys: keys)?.text.utf8.count ?? 0
            },
        ]
        for size in [4 << 10, 64 << 10, 1 << 20] {
            let text = prose(size)
            works.append(BenchWork("strip, nothing there", over: text) { InvisibleSignature.strip(text).count })
            let holding = text + v2
            works.append(BenchWork("strip, one there", over: holding) { InvisibleSignature.strip(holding).count })
            let body = request(text, answer: signed)
            works.append(
                BenchWork("chat request, read and stripped", over: body) {
                    (try? RequestReading(body, format: .chat, keys: keys))?.forwarded.count ?? 0
                }
            )
        }
        return works
    }

    private static func prose(_ count: Int) -> [UInt8] {
        let sentence = Array("The cluster was moved on Tuesday, and its nodes joined again. ".utf8)
        return (0..<count).map { sentence[$0 % sentence.count] }
    }

    private static func request(_ text: [UInt8], answer: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", "model")
            writer.name("messages")
            writer.array { writer in
                for (role, content) in [("user", text), ("assistant", answer), ("user", Array("Go on.".utf8))] {
                    writer.object { writer in
                        writer.member("role", role)
                        writer.member("content", String(decoding: content, as: UTF8.self))
                    }
                }
            }
        }
        return writer.bytes
    }
}

/// A place that is copied to.
private final class Buffer {
    private var bytes: [UInt8]

    init(_ count: Int) { bytes = Array(repeating: 0, count: count) }

    func fill(with source: [UInt8]) -> Int {
        bytes.withUnsafeMutableBytes { place in
            source.withUnsafeBytes { source in unsafe place.copyMemory(from: source) }
        }
        return Int(bytes[bytes.count / 2])
    }
}

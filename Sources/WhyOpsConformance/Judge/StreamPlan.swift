/// The ways in which a stream is cut, and what has to come out of each.
struct StreamPlan: Sendable {
    /// One way.
    private struct Way: Sendable {
        let label: String
        let chunks: [[UInt8]]
        let variant: Variant
    }

    /// How the stream was changed before it was cut.
    private enum Variant: Sendable {
        case asItCame
        case byteOrderMark
        case lineEnd([UInt8])
    }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private let subject: ConformanceCase
    private let reply: [UInt8]
    private let ways: [Way]

    init?(_ subject: ConformanceCase, _ cuts: CasePlan.Cuts) {
        guard let reply = subject.text("reply") else { return nil }
        self.subject = subject
        self.reply = reply
        var ways = [Way(label: "one chunk", chunks: [reply], variant: .asItCame)]
        for plan in subject.input["chunkPlans"]?.array ?? [] {
            let every = plan["every"]?.integer.map { Array(stride(from: $0, to: reply.count, by: max($0, 1))) }
            let places = every ?? plan["cuts"]?.array.compactMap(\.integer) ?? []
            guard !places.isEmpty else { continue }
            let label = "chunk plan \(plan["label"]?.text ?? "\(ways.count)")"
            ways.append(Way(label: label, chunks: Self.cut(reply, places), variant: .asItCame))
        }
        for place in Self.places(in: reply, cuts) {
            ways.append(Way(label: "cut at \(place)", chunks: Self.cut(reply, [place]), variant: .asItCame))
        }
        ways.append(
            Way(label: "byte order mark", chunks: Self.cut(Self.mark + reply, [1, 2, 3]), variant: .byteOrderMark)
        )
        if ByteText.index(of: 0x0D, in: reply, from: 0) == nil {
            for (label, end) in [("CRLF", [0x0D, 0x0A] as [UInt8]), ("CR", [0x0D])] {
                let other = ByteText.replacingLineFeeds(reply, with: end)
                let places = other.count > 20_000 ? [] : Array(1..<max(other.count, 1))
                ways.append(Way(label: label, chunks: [other], variant: .lineEnd(end)))
                ways.append(
                    Way(label: label + ", byte by byte", chunks: Self.cut(other, places), variant: .lineEnd(end))
                )
            }
        }
        self.ways = ways
    }

    /// What a testee gets: the case with each list of chunks.
    var inputs: [JSON] {
        let dropped: [[UInt8]] = ["reply", "chunkPlans"].map { Array($0.utf8) }
        let request = Array("request".utf8)
        let rest = subject.input.members.filter { !dropped.contains($0.name) }.map { member in
            member.name == request ? JSON.Member("request", TextValue.sent(member.value)) : member
        }
        return ways.map { .object(rest + [.init("chunks", .array($0.chunks.map { TextValue.spelt($0) }))]) }
    }

    /// How what came out is wrong; `nil` where it is right.
    func fault(in outputs: [JSON], _ expected: JSON) -> String? {
        guard let judge = EmbedJudge(subject, expected) else { return "the case has no reply" }
        let hasCarriageReturn = ByteText.index(of: 0x0D, in: reply, from: 0) != nil
        var whole: [UInt8] = []
        for (index, (way, output)) in zip(ways, outputs).enumerated() {
            guard case .array(let list) = output["outputs"] else { return "\(way.label): no outputs" }
            let pieces = list.compactMap { TextValue.bytes($0) }
            guard pieces.count == list.count, pieces.count == way.chunks.count + 1 else {
                return "\(way.label): \(pieces.count) outputs for \(way.chunks.count) chunks and the end"
            }
            let joined = ByteText.joined(pieces)
            if index == 0 {
                whole = joined
                if let fault = StreamJudge(judge, reply).fault(in: whole) { return fault }
                continue
            }
            let wanted =
                switch way.variant {
                case .asItCame: whole
                case .byteOrderMark: Self.mark + whole
                case .lineEnd(let end): ByteText.replacingLineFeeds(whole, with: end)
                }
            if joined != wanted { return OutputJudge.difference(way.label, joined, wanted) }
            if case .asItCame = way.variant, !hasCarriageReturn, let late = Self.late(pieces, way.chunks) {
                return "\(way.label): after \(late) bytes an event is complete that has not come out"
            }
        }
        return nil
    }

    /// EXC-31: after how many bytes fewer events have come out than went in.
    private static func late(_ pieces: [[UInt8]], _ chunks: [[UInt8]]) -> Int? {
        let went = StreamReader.ends(of: ByteText.joined(chunks))
        let came = StreamReader.ends(of: ByteText.joined(pieces))
        var (read, written, complete, released) = (0, 0, 0, 0)
        for (chunk, piece) in zip(chunks, pieces) {
            read += chunk.count
            written += piece.count
            while complete < went.count, went[complete] <= read { complete += 1 }
            while released < came.count, came[released] <= written { released += 1 }
            if released < complete { return read }
        }
        return nil
    }

    private static func places(in reply: [UInt8], _ cuts: CasePlan.Cuts) -> [Int] {
        guard reply.count > 1 else { return [] }
        switch cuts {
        case .none: return []
        case .every: return reply.count <= 6144 ? Array(1..<reply.count) : []
        case .some:
            guard reply.count <= 6144 else { return [] }
            // Spread over the stream, and not always at the same distance from an event's start.
            return (1...24).map { max(1, reply.count * $0 / 25) }
        }
    }

    private static func cut(_ bytes: [UInt8], _ places: [Int]) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var start = 0
        for place in places + [bytes.count] where place >= start && place <= bytes.count {
            chunks.append(Array(bytes[start..<place]))
            start = place
        }
        return chunks
    }
}

import Testing
import WhyOps

struct EmbedStreamVectorTests {
    @Test(arguments: Vectors.embedStream)
    func embed(_ vector: ConformanceCase) throws {
        let row = try ReplyVector(vector)
        let output = run(row, row.reply, cuts: [])
        if row.output["unchanged"]?.bool == true { #expect(output == row.reply) }
        let before = StreamReader(row.reply)
        let after = StreamReader(output)
        row.check(ReplyReader(events: after.events, format: row.format.rawValue))
        #expect(before.comments == after.comments)
        checkEvents(before.events, after.events, row)
    }

    /// EXC-37, with the cuts of the row.
    @Test(arguments: Vectors.embedStream)
    func chunkPlans(_ vector: ConformanceCase) throws {
        let row = try ReplyVector(vector)
        let whole = run(row, row.reply, cuts: [])
        for plan in vector.input["chunkPlans"]?.array ?? [] {
            let every = plan["every"]?.integer.map { Array(stride(from: $0, to: row.reply.count, by: $0)) }
            let cuts = every ?? plan["cuts"]?.array.compactMap(\.integer) ?? []
            #expect(run(row, row.reply, cuts: cuts) == whole, "\(plan["label"]?.text ?? "")")
        }
    }

    /// EXC-37, with every cut in two.
    @Test(arguments: Vectors.embedStream)
    func everySplitPoint(_ vector: ConformanceCase) throws {
        let row = try ReplyVector(vector)
        guard row.reply.count <= 6144 else { return }
        let whole = run(row, row.reply, cuts: [])
        var head = ReplyStream(format: row.format, frame: row.frame, policy: row.policy)
        var headOutput: [UInt8] = []
        for cut in 0..<row.reply.count {
            var rest = head
            var output = headOutput
            output += rest.read(row.reply.span.extracting(cut...))
            output += rest.finish()
            guard output == whole else {
                Issue.record("cut at \(cut)")
                return
            }
            headOutput += head.read(row.reply.span.extracting(cut..<cut + 1))
        }
    }

    /// EXC-30, with other line ends and a byte order mark.
    @Test(arguments: Vectors.embedStream)
    func lineEnds(_ vector: ConformanceCase) throws {
        let row = try ReplyVector(vector)
        let whole = run(row, row.reply, cuts: [])
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        #expect(run(row, mark + row.reply, cuts: [1, 2, 3]) == mark + whole)
        guard !row.reply.contains(0x0D) else { return }
        for end: [UInt8] in [[0x0D, 0x0A], [0x0D]] {
            let reply = Array(row.reply.split(separator: 0x0A, omittingEmptySubsequences: false).joined(separator: end))
            let wanted = Array(whole.split(separator: 0x0A, omittingEmptySubsequences: false).joined(separator: end))
            #expect(run(row, reply, cuts: []) == wanted)
            let everywhere = reply.count > 20_000 ? [] : Array(1..<max(reply.count, 1))
            #expect(run(row, reply, cuts: everywhere) == wanted)
        }
    }

    private func run(_ row: ReplyVector, _ reply: [UInt8], cuts: [Int]) -> [UInt8] {
        var stream = ReplyStream(format: row.format, frame: row.frame, policy: row.policy)
        var output: [UInt8] = []
        var start = 0
        for cut in cuts + [reply.count] where cut >= start && cut <= reply.count {
            output += stream.read(reply.span.extracting(start..<cut))
            start = cut
        }
        return output + stream.finish()
    }

    /// Every event of the reply comes out in order, and what comes in addition is a piece of text of ours.
    private func checkEvents(_ before: [StreamReader.Event], _ after: [StreamReader.Event], _ row: ReplyVector) {
        var expected = before[...]
        var added = 0
        for event in after {
            if let next = expected.first, next == event || next.shape == event.shape {
                expected.removeFirst()
            } else {
                added += 1
                checkAdded(event, in: before, row)
            }
        }
        #expect(expected.isEmpty)
        #expect(added <= max(row.texts.count, 1))
    }

    /// EXC-32, EXC-33
    private func checkAdded(_ event: StreamReader.Event, in before: [StreamReader.Event], _ row: ReplyVector) {
        let data = JSON(event.data)
        if row.format == .messages {
            #expect(event.fields == [Array("event: content_block_delta".utf8)])
            #expect(data?["type"]?.text == "content_block_delta")
            #expect(data?["delta"]?["type"]?.text == "text_delta")
        } else {
            #expect(event.fields.isEmpty)
            let originals = before.compactMap { JSON($0.data) }
            for name in ["id", "object", "created", "model"] {
                #expect(originals.contains { $0[name] == data?[name] }, "\(name)")
            }
            #expect(data?["choices"]?.array.count == 1)
        }
    }
}

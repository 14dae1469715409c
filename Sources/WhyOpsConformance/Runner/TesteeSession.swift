import Synchronization

/// One life of a testee: from `start` until it was asked everything, or failed.
struct TesteeSession: Sendable {
    /// A request of the queue.
    struct Request: Sendable {
        let sequence: Int
        let operation: String
        let input: JSON

        var line: [UInt8] {
            JSON.object([
                .init("cmd", .text("run")), .init("seq", .integer(sequence)), .init("op", .text(operation)),
                .init("input", input),
            ]).written() + [0x0A]
        }
    }

    /// How it went.
    struct Outcome: Sendable {
        /// What the testee said of itself; `nil` where it did not come so far.
        var introduction: JSON?
        /// The answers in the order of the requests.
        var answers: [TesteeAnswer] = []
        /// Why there are fewer answers than requests.
        var failure: String?
    }

    /// No more than this is sent ahead of the answers.
    private static let requestsAhead = 64
    private static let bytesAhead = 1 << 20

    let connection: any TesteeConnection
    /// How long a testee may say nothing while it owes an answer.
    let patience: Duration
    /// The line that begins the session.
    let start: [UInt8]

    /// Asks the requests in order.
    ///
    /// - Parameter unsupported: which features a request needs; one that the testee lacks is not asked.
    func run(_ makeRequests: @escaping @Sendable (_ introduction: JSON) -> [Request]) async -> Outcome {
        let watch = SilenceWatch(patience: patience)
        return await withTaskGroup(of: Void.self) { group in
            // A silent testee is ended, and then what waits for it ends too.
            group.addTask {
                if await watch.wait() { connection.kill() }
            }
            var outcome = await converse(watch, makeRequests)
            if watch.wasSilent { outcome.failure = "no answer for \(patience)" }
            if outcome.failure == nil {
                try? await connection.write(Array(#"{"cmd":"stop"}"#.utf8) + [0x0A])
            }
            await connection.finishWriting()
            if outcome.failure != nil {
                connection.kill()
            } else {
                // It has to end by itself, but not for us to wait.
                watch.expectAnswer()
                while let rest = try? await connection.read(), !rest.isEmpty {}
                connection.kill()
            }
            watch.end()
            return outcome
        }
    }

    private func converse(
        _ watch: SilenceWatch,
        _ makeRequests: @escaping @Sendable (_ introduction: JSON) -> [Request]
    ) async -> Outcome {
        var outcome = Outcome()
        var buffer = LineBuffer()
        let greeting = await exchange([start], watch, &buffer)
        guard let line = greeting.lines.first else {
            outcome.failure = greeting.failure
            return outcome
        }
        guard let json = JSON(line), json["protocol"]?.integer == 1, json["implementation"]?["name"]?.text != nil,
            json["implementation"]?["version"]?.text != nil
        else {
            outcome.failure = "not the answer to start: \(Self.short(line))"
            return outcome
        }
        outcome.introduction = json
        var rest = makeRequests(json)[...]
        while !rest.isEmpty, outcome.failure == nil {
            let batch = Self.batch(of: rest)
            rest = rest.dropFirst(batch.count)
            let reply = await exchange(batch, watch, &buffer, sequences: rest.startIndex - batch.count + 1)
            outcome.failure = reply.failure
            for (offset, line) in reply.lines.enumerated() {
                let sequence = rest.startIndex - batch.count + offset + 1
                guard let json = JSON(line), let answer = TesteeAnswer(json, sequence: sequence) else { break }
                outcome.answers.append(answer)
            }
        }
        return outcome
    }

    /// As many lines as are sent ahead.
    private static func batch(of requests: ArraySlice<Request>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var size = 0
        for request in requests.prefix(requestsAhead) where size < bytesAhead {
            let line = request.line
            size += line.count
            lines.append(line)
        }
        return lines
    }

    /// What came back for some lines.
    private struct Exchange: Sendable {
        var lines: [[UInt8]] = []
        var failure: String?
    }

    /// Sends lines and reads as many at the same time.
    ///
    /// - Parameter sequences: the number of the first request, so that a line that is no answer ends the exchange.
    private func exchange(
        _ lines: [[UInt8]],
        _ watch: SilenceWatch,
        _ buffer: inout LineBuffer,
        sequences first: Int? = nil
    ) async -> Exchange {
        let writing = Task { [connection] in
            // Where it cannot be written, reading says why.
            try? await connection.write(ByteText.joined(lines))
        }
        var exchange = Exchange()
        watch.expectAnswer()
        while exchange.lines.count < lines.count, exchange.failure == nil {
            if let line = buffer.next() {
                watch.expectAnswer()
                let sequence = (first ?? 0) + exchange.lines.count
                if first != nil, JSON(line).flatMap({ TesteeAnswer($0, sequence: sequence) }) == nil {
                    exchange.failure = "no answer to seq \(sequence): \(Self.short(line))"
                } else {
                    exchange.lines.append(line)
                }
            } else if buffer.isTooLong {
                exchange.failure = "a line without end"
            } else if let chunk = try? await connection.read() {
                buffer.append(chunk)
            } else {
                let complaints = connection.complaints
                exchange.failure = "it ended" + (complaints.isEmpty ? "" : ": \(complaints)")
            }
        }
        // The write could wait for a testee that no longer reads.
        if exchange.failure != nil { connection.kill() }
        await writing.value
        watch.expectNothing()
        return exchange
    }

    private static func short(_ line: [UInt8]) -> String {
        String(decoding: line.prefix(160).map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }, as: UTF8.self)
    }
}

/// Notices when an answer is owed for too long.
final class SilenceWatch: Sendable {
    private enum State {
        case idle
        case owed(looks: Int)
        case silent
        case ended
    }

    private let patience: Duration
    private let state = Mutex(State.idle)

    init(patience: Duration) {
        self.patience = patience
    }

    /// Whether it was noticed.
    var wasSilent: Bool {
        state.withLock {
            if case .silent = $0 { return true }
            return false
        }
    }

    func expectAnswer() { change(to: .owed(looks: 0)) }
    func expectNothing() { change(to: .idle) }
    func end() { state.withLock { $0 = .ended } }

    private func change(to new: State) {
        state.withLock { state in
            switch state {
            case .idle, .owed: state = new
            case .silent, .ended: break
            }
        }
    }

    /// Waits until an answer is owed for too long, then true, or until the end, then false.
    func wait() async -> Bool {
        // Looks are counted and not the time between them: where the machine has no time for us, it has none for the
        // testee either.
        let looks = 20
        while !Task.isCancelled {
            let isOver: Bool? = state.withLock { state in
                switch state {
                case .ended: return false
                case .owed(let count) where count > looks:
                    state = .silent
                    return true
                case .owed(let count):
                    state = .owed(looks: count + 1)
                    return nil
                default: return nil
                }
            }
            if let isOver { return isOver }
            try? await Task.sleep(for: patience / looks)
        }
        return false
    }
}

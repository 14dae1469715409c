import WhyOpsConformance

/// The Swift core as a testee in this process.
struct CoreLauncher: TesteeLauncher {
    func launch(_ body: @escaping @Sendable (any TesteeConnection) async -> Void) async throws {
        await body(CoreConnection())
    }
}

/// Answers each line when it is read for.
private final class CoreConnection: TesteeConnection {
    private let (arrivals, arrival) = AsyncStream.makeStream(of: [UInt8].self)
    private let testee = CoreTestee()

    func write(_ bytes: [UInt8]) async throws {
        for line in ByteText.lines(bytes) { arrival.yield(line) }
    }

    func read() async throws -> [UInt8]? {
        for await line in arrivals {
            guard let answer = testee.answer(line: line) else { return nil }
            return answer + [0x0A]
        }
        return nil
    }

    func finishWriting() async { arrival.finish() }
    func kill() { arrival.finish() }
    var complaints: String { "" }
}

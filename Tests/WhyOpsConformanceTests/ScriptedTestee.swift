import Synchronization
import WhyOpsConformance

/// A testee in this process that does what a test says.
struct ScriptedTestee: TesteeLauncher {
    /// What becomes of one line.
    enum Reaction: Sendable {
        case say(String)
        /// Never says anything again.
        case fallSilent
        case die
    }

    let lives = Counter()
    let react: @Sendable (_ line: String, _ number: Int) -> Reaction

    func launch(_ body: @escaping @Sendable (any TesteeConnection) async -> Void) async throws {
        lives.increment()
        await body(ScriptedConnection(react))
    }

    /// Answers `start` properly and everything else by the closure.
    static func proper(
        features: String = "",
        _ react: @escaping @Sendable (_ line: String, _ number: Int) -> Reaction
    ) -> ScriptedTestee {
        ScriptedTestee { line, number in
            guard line.contains(#""cmd":"start""#) else { return react(line, number) }
            return .say(
                #"{"protocol":1,"implementation":{"name":"scripted","version":"1"},"spec":["1.0"],"features":[\#(features)]}"#
            )
        }
    }
}

/// Counts.
final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func increment() { count.withLock { $0 += 1 } }
}

private final class ScriptedConnection: TesteeConnection {
    private let (arrivals, arrival) = AsyncStream.makeStream(of: String.self)
    private let (death, end) = AsyncStream.makeStream(of: Void.self)
    private let number = Counter()
    private let react: @Sendable (String, Int) -> ScriptedTestee.Reaction

    init(_ react: @escaping @Sendable (String, Int) -> ScriptedTestee.Reaction) {
        self.react = react
    }

    func write(_ bytes: [UInt8]) async throws {
        for line in bytes.split(separator: 0x0A) { arrival.yield(String(decoding: line, as: UTF8.self)) }
    }

    func read() async throws -> [UInt8]? {
        for await line in arrivals {
            number.increment()
            switch react(line, number.value) {
            case .say(let answer): return Array((answer + "\n").utf8)
            case .die: return nil
            case .fallSilent:
                for await _ in death {}
                return nil
            }
        }
        return nil
    }

    func finishWriting() async { arrival.finish() }

    func kill() {
        arrival.finish()
        end.finish()
    }

    var complaints: String { "a last word" }
}

import Dispatch
import Synchronization
import Testing

@testable import WhyOpsCommand

@Suite struct LogOutputTests {
    /// Takes lines only when it is let.
    private final class Reader: Sendable {
        let gate = DispatchSemaphore(value: 0)
        let lines = Mutex<[[UInt8]]>([])

        func take(_ line: [UInt8]) {
            gate.wait()
            lines.withLock { $0.append(line) }
        }
    }

    /// PRX-117
    @Test func linesThatNobodyReadsHoldNobodyUpAndAreCounted() {
        let reader = Reader()
        let output = LogOutput { reader.take($0) }
        let line = [UInt8](repeating: 0x61, count: 1 << 10)
        let count = 3000
        // None of them waits, though nothing is read.
        for _ in 0..<count { output.write(line) { Array("lost \($0)".utf8) } }
        for _ in 0...count { reader.gate.signal() }
        output.flush(seconds: 60)
        let lines = reader.lines.withLock { $0 }
        let kept = lines.filter { $0 == line }.count
        #expect(kept == 1 << 10)
        #expect(lines.filter { $0 != line } == [Array("lost \(count - kept)".utf8)])
        // When it is read again, lines are kept again.
        reader.gate.signal()
        output.write(line) { _ in [] }
        output.flush(seconds: 60)
        #expect(reader.lines.withLock { $0.count } == kept + 2)
    }
}

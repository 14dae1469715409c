import Subprocess
import Synchronization
import WhyOpsConformance

/// Starts a testee as a process group of its own, with a shell.
struct ProcessLauncher: TesteeLauncher {
    let command: String

    func launch(_ body: @escaping @Sendable (any TesteeConnection) async -> Void) async throws {
        var options = PlatformOptions()
        // Whatever the shell starts ends with it.
        options.processGroupID = 0
        _ = try await Subprocess.run(
            .name("sh"),
            arguments: ["-c", command],
            platformOptions: options,
            input: .inputWriter,
            output: .sequence,
            error: .sequence
        ) { execution in
            let connection = ProcessConnection(execution)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await connection.readComplaints() }
                await body(connection)
                connection.kill()
            }
        }
    }
}

/// A running process.
private final class ProcessConnection: TesteeConnection {
    typealias Running = Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

    /// Of what a testee says on standard error only the end is kept.
    private static let keptComplaints = 2000

    private let execution: Running
    private let output: OutputReader
    private let said = Mutex<[UInt8]>([])

    init(_ execution: Running) {
        self.execution = execution
        self.output = OutputReader(execution.standardOutput)
    }

    func write(_ bytes: [UInt8]) async throws { _ = try await execution.standardInputWriter.write(bytes) }

    func read() async throws -> [UInt8]? { try await output.next() }

    func finishWriting() async { try? await execution.standardInputWriter.finish() }

    func kill() { try? execution.send(signal: .kill, toProcessGroup: true) }

    var complaints: String {
        let bytes = said.withLock { $0 }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: " | ")
    }

    /// Reads standard error to its end, so that a talkative testee never waits for us.
    func readComplaints() async {
        let reader = OutputReader(execution.standardError)
        while let bytes = try? await reader.next() {
            said.withLock { $0 = Array(($0 + bytes).suffix(Self.keptComplaints)) }
        }
    }
}

/// One reader at a time of what a process says.
private actor OutputReader {
    private var iterator: SubprocessOutputSequence.AsyncIterator

    init(_ sequence: SubprocessOutputSequence) {
        iterator = sequence.makeAsyncIterator()
    }

    func next() async throws -> [UInt8]? {
        // The iterator is a reference inside, so that the copy reads on where it stopped.
        var copy = iterator
        guard let buffer = try await copy.next(isolation: self) else { return nil }
        return buffer.withUnsafeBytes { unsafe Array($0) }
    }
}

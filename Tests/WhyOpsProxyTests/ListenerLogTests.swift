import Logging
import Synchronization
import Testing

@testable import WhyOpsProxy

/// PRX-120, PRX-124.
struct ListenerLogTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[(message: String, leftOut: String?)]>([])
        var messages: [String] { lines.withLock { $0.map(\.message) } }
        func add(_ event: LogEvent) {
            lines.withLock { $0.append((event.message.description, event.metadata?["left_out"]?.description)) }
        }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add(event) }
    }

    @Test func oneKindDoesNotKeepTheOtherFromBeingTold() {
        let lines = Lines()
        let log = RequestLog(logger: Logger(label: "test") { _ in Handler(lines: lines) })
        for _ in 0..<5 {
            log.refusedConnection()
            log.listener.cannotAccept(24)
        }
        #expect(lines.messages.count == 2)
        #expect(lines.messages.contains { $0.hasPrefix("connections are refused") })
        #expect(lines.messages.contains { $0.hasPrefix("connections wait") })
    }
}

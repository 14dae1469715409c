import FoundationEssentials
import Synchronization
import WhyOps

@testable import WhyOpsClient

/// Time and chance of a test: pauses below an hour are noted and over at once, longer ones end when nobody waits any more.
final class TestTime: Sendable {
    /// What happens in a pause that is noted.
    let duringPauses = Mutex<(@Sendable () -> Void)?>(nil)
    private let state = Mutex<(pauses: [Duration], ids: Int, elapsed: Duration)>(([], 0, .zero))

    /// The pauses that were asked for, in order.
    var pauses: [Duration] { state.withLock { $0.pauses } }

    func advance(by duration: Duration) { state.withLock { $0.elapsed += duration } }

    var surroundings: Surroundings {
        var surroundings = Surroundings()
        surroundings.now = { Date(timeIntervalSince1970: 1_775_000_000.125) }
        surroundings.elapsed = { self.state.withLock { $0.elapsed } }
        surroundings.random = { 1 }
        surroundings.id = {
            self.state.withLock { state in
                state.ids += 1
                return "id-\(state.ids)"
            }
        }
        surroundings.sleep = { duration in
            guard duration >= .seconds(3600) else {
                self.state.withLock { $0.pauses.append(duration) }
                self.duringPauses.withLock { $0 }?()
                await Task.yield()
                return try Task.checkCancellation()
            }
            _ = await OneShot<Void>().wait()
            throw CancellationError()
        }
        return surroundings
    }
}

/// What a client told.
final class Reports: Sendable {
    private let list = Mutex<[ClientError]>([])
    var all: [ClientError] { list.withLock { $0 } }
    var codes: [ClientError.Code] { all.map(\.code) }
    func add(_ error: ClientError) { list.withLock { $0.append(error) } }
}

enum Fixture {
    static let key = "whyops-canary-0123456789"
    /// Nothing waits so long: what is recorded goes when the queue is full or flushed.
    static let never = Duration.seconds(100_000)

    static func client(
        of service: ServiceDouble?,
        time: TestTime = TestTime(),
        reports: Reports = Reports(),
        url: String? = nil,
        metadata: AgentMetadata = AgentMetadata(systemPrompt: "You are helpful."),
        _ change: (inout ClientOptions) -> Void = { _ in }
    ) -> AgentClient {
        let base = url ?? service?.url ?? "http://127.0.0.1:1"
        return AgentClient(
            apiKey: key,
            agentName: "customer-support-agent",
            agentMetadata: metadata,
            proxyBaseURL: base,
            analyseBaseURL: base + "/api/",
            options: options(reports: reports, change),
            transport: HTTPClientTransport(),
            surroundings: time.surroundings
        )
    }

    /// A client whose addresses are only those that are given.
    static func client(
        proxy: String? = nil,
        analyse: String? = nil,
        reports: Reports,
        transport: any ClientTransport
    ) -> AgentClient {
        AgentClient(
            apiKey: key,
            agentName: "customer-support-agent",
            agentMetadata: AgentMetadata(systemPrompt: "You are helpful."),
            proxyBaseURL: proxy,
            analyseBaseURL: analyse,
            options: options(reports: reports),
            transport: transport
        )
    }

    private static func options(
        reports: Reports,
        _ change: (inout ClientOptions) -> Void = { _ in }
    ) -> ClientOptions {
        var options = ClientOptions()
        options.batchDelay = never
        options.logger = nil
        options.onError = { reports.add($0) }
        options.retry.maximumAttempts = 5
        change(&options)
        return options
    }

    /// Records as many events, told apart by their message.
    static func record(_ count: Int, from first: Int = 1, in client: AgentClient, trace: String = "session-123") {
        for number in first..<(first + count) { client.trace(trace).record(.error("event \(number)")) }
    }
}

extension AgentClient {
    /// Waits for everything that was recorded.
    func settle() async -> FlushResult { await flush(timeout: Fixture.never) }
}

extension ServiceDouble.Request {
    /// What `Fixture.record` wrote.
    var messages: [String] { events.map { $0["content"]?["message"]?.string ?? "?" } }

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

extension ClientStatistics {
    /// Whether every event is somewhere.
    var isWhole: Bool { recorded == acknowledged + refused + dropped + lost + waiting }
}

import Foundation
import Logging
import Synchronization
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

let tenant = Tenant(projectID: "p", environmentID: "e", environmentName: "PRODUCTION", keyID: "k")

/// An empty folder, which is gone afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path())
}

/// An event of an exchange: with a key, and content of some size.
func event(_ number: Int, trace: String = "trace", size: Int = 10) -> Event {
    Event(
        eventType: .userMessage,
        traceId: trace,
        agentName: "agent",
        timestamp: "2026-01-02T03:04:05.678Z",
        content: Array("\"\(String(repeating: "x", count: size))\"".utf8),
        idempotencyKey: "\(number)"
    )
}

/// The keys of the events of an entry.
func keys(_ entries: [QueuedEntry]) -> [String] {
    entries.flatMap { entry in
        guard case .events(let events, _) = entry else { return [String]() }
        return events.map { $0.idempotencyKey ?? "" }
    }
}

/// Everything that waits, which is removed.
func drain(_ spool: Spool) async -> [QueuedEntry] {
    var entries: [QueuedEntry] = []
    while let portion = await spool.next() {
        entries += portion.entries
        await spool.remove(portion)
    }
    return entries
}

/// The request of an exchange, with which it is open.
func request(_ span: String, trace: String = "trace", size: Int = 10) -> Event {
    var request = event(0, trace: trace, size: size)
    request.spanId = span
    request.idempotencyKey = span + ".request"
    return request
}

/// The reply of an exchange, with which it ends.
func reply(_ span: String, trace: String = "trace", size: Int = 10) -> Event {
    var reply = request(span, trace: trace, size: size)
    reply.eventType = .llmResponse
    reply.idempotencyKey = span + ".reply"
    return reply
}

/// The files of a spool's folder that hold records.
func segmentNames(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".spool") }.sorted()
}

/// The permissions of a file or folder.
func mode(of path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0
}

func setMode(_ mode: Int, of path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}

/// Something that is on or off.
final class Switch: Sendable {
    private let state = Mutex(false)

    var isOn: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// A store that can be away.
final class SwitchedStore: Store {
    private let store: SQLiteStore
    private let isAway = Mutex(false)
    private let refusals = Mutex(0)
    private let held = Mutex<[CheckedContinuation<Void, Never>]?>(nil)

    init(_ store: SQLiteStore) {
        self.store = store
    }

    /// How often something was tried while it was away.
    var refused: Int { refusals.withLock { $0 } }

    func leave() { isAway.withLock { $0 = true } }
    func comeBack() { isAway.withLock { $0 = false } }

    /// Answers nobody until `release`.
    func hold() { held.withLock { $0 = [] } }

    /// Whether somebody waits for an answer.
    var isAsked: Bool { held.withLock { $0?.isEmpty == false } }

    func release() {
        let waiting = held.withLock { held in
            defer { held = nil }
            return held ?? []
        }
        for one in waiting { one.resume() }
    }

    private func reach() async throws -> SQLiteStore {
        await withCheckedContinuation { continuation in
            let isHeld = held.withLock { held in
                held?.append(continuation)
                return held != nil
            }
            if !isHeld { continuation.resume() }
        }
        guard isAway.withLock({ $0 }) else { return store }
        refusals.withLock { $0 += 1 }
        throw StoreError(.unavailable, "away")
    }

    func access(keyHash: String) async throws -> KeyAccess { try await reach().access(keyHash: keyHash) }
    func noteUse(ofKey keyID: String, at moment: Double) async throws {
        try await reach().noteUse(ofKey: keyID, at: moment)
    }
    func providers(environmentID: String) async throws -> [StoredProvider] {
        try await reach().providers(environmentID: environmentID)
    }
    func append(_ events: [Event], links: [StitchLink], tenant: Tenant) async throws -> [AppendResult] {
        try await reach().append(events, links: links, tenant: tenant)
    }
    func registerAgent(_ request: AgentRegistrationRequest, tenant: Tenant) async throws -> AgentRegistration {
        try await reach().registerAgent(request, tenant: tenant)
    }
    func events(matching query: EventQuery, tenant: Tenant) async throws -> Page<StoredEvent> {
        try await reach().events(matching: query, tenant: tenant)
    }
    func event(id: String, tenant: Tenant) async throws -> StoredEvent? {
        try await reach().event(id: id, tenant: tenant)
    }
    func threads(matching query: ThreadQuery, tenant: Tenant) async throws -> Page<StoredThread> {
        try await reach().threads(matching: query, tenant: tenant)
    }
    func thread(_ traceId: String, events: PageRequest, tenant: Tenant) async throws -> ThreadDetail? {
        try await reach().thread(traceId, events: events, tenant: tenant)
    }
    func traces(of echoes: [EchoID], tenant: Tenant) async throws -> [EchoID: TraceID] {
        try await reach().traces(of: echoes, tenant: tenant)
    }
    func lineages(_ keys: [EchoID], tenant: Tenant) async throws -> [EchoID: StoredLineage] {
        try await reach().lineages(keys, tenant: tenant)
    }
    func signingKeys(tenant: Tenant, makesFirst: Bool) async throws -> StoredSigningKeys {
        try await reach().signingKeys(tenant: tenant, makesFirst: makesFirst)
    }
    func isHealthy() async -> Bool { await (try? reach())?.isHealthy() ?? false }
    func close() async throws { try await store.close() }
}

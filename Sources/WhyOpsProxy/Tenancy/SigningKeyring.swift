import Logging
import Synchronization
import WhyOps
import WhyOpsStore

/// The signing keys of each environment, as the store had them a moment ago (SIG-40, SIG-41, PRX-28).
///
/// One read at a time for each environment, whoever asks. Keys are read again before they are old; a request waits for
/// that only where nothing is known yet or where nobody has asked for so long that a change may have been missed.
final class SigningKeyring: Sendable {
    private struct Entry {
        var keys: SigningKeys?
        /// When the store was last read.
        var readAt: ContinuousClock.Instant?
        /// When it is to be read again.
        var readNext: ContinuousClock.Instant?
        var reading: Task<Void, Never>?
        var readingSince: ContinuousClock.Instant?
        var unopened: [UInt8] = []
    }

    /// Keys that the operator gives, the first of which signs; for one environment only (PRX-30).
    struct Given: Sendable {
        var keys: [SigningKey] = []
        var environmentID: String?
    }

    /// How long keys are used without knowing whether they changed: less than a new key waits before it signs.
    static let lifetime = Duration.seconds(min(20, signingKeyDelay / 3))
    /// How old they are when they are read again beside the requests.
    static let readAgainAfter = lifetime / 2
    /// How long keys are used that cannot be read again.
    static let longestLifetime = Duration.seconds(signingKeyDelay)
    /// How long a store that failed is left alone.
    private static let pause = Duration.seconds(1)
    /// How long a request waits for keys before it is served without.
    private static let patience = Duration.seconds(2)

    private let read: @Sendable (Tenant, _ makesFirst: Bool) async throws -> StoredSigningKeys
    private let given: Given
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let entries = Mutex<[String: Entry]>([:])

    init(
        given: Given,
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        read: @escaping @Sendable (Tenant, _ makesFirst: Bool) async throws -> StoredSigningKeys
    ) {
        self.given = given
        self.logger = logger
        self.now = now
        self.read = read
    }

    /// The keys of the tenant's environment; `nil` where none can be had, and then nothing is signed or believed.
    func keys(of tenant: Tenant) async -> SigningKeys? {
        let (keys, reading) = current(tenant)
        guard let reading else { return keys }
        return await self.keys(of: tenant, after: reading)
    }

    /// The same, without a task where no read is waited for.
    func lookUp(_ tenant: Tenant) -> Lookup<SigningKeys?> {
        let (keys, reading) = current(tenant)
        guard let reading else { return .known(keys) }
        return .asked { await self.keys(of: tenant, after: reading) }
    }

    /// What may be used now, or the read to wait for; begins one where it is due.
    private func current(_ tenant: Tenant) -> (SigningKeys?, Task<Void, Never>?) {
        let id = tenant.environmentID
        let now = now()
        return entries.withLock { entries -> (SigningKeys?, Task<Void, Never>?) in
            var entry = entries[id, default: Entry()]
            if entry.reading == nil, entry.readNext.map({ now >= $0 }) ?? true {
                entry.reading = Task { await self.update(tenant) }
                entry.readingSince = now
                entries[id] = entry
            }
            let isUsable = isUsable(entry, at: now)
            return (isUsable ? entry.keys : fallback(id), isAwaited(entry, at: now) ? entry.reading : nil)
        }
    }

    private func keys(of tenant: Tenant, after reading: Task<Void, Never>) async -> SigningKeys? {
        let now = now()
        await Self.wait(for: reading)
        return entries.withLock { entries in
            guard let entry = entries[tenant.environmentID], isUsable(entry, at: now) else {
                return fallback(tenant.environmentID)
            }
            return entry.keys
        }
    }

    private func isUsable(_ entry: Entry, at now: ContinuousClock.Instant) -> Bool {
        entry.readAt.map { now - $0 < Self.longestLifetime } ?? false
    }

    /// Whether a request waits for the read that is under way: keys may have changed, and the store may yet answer in time.
    private func isAwaited(_ entry: Entry, at now: ContinuousClock.Instant) -> Bool {
        guard isUsable(entry, at: now), let readAt = entry.readAt else { return true }
        guard now - readAt >= Self.lifetime, let since = entry.readingSince else { return false }
        return now - since < Self.patience
    }

    private func given(_ environmentID: String) -> [SigningKey] {
        environmentID == given.environmentID ? given.keys : []
    }

    /// What is there without the store.
    private func fallback(_ environmentID: String) -> SigningKeys? { SigningKeys(given(environmentID)) }

    private func update(_ tenant: Tenant) async {
        let id = tenant.environmentID
        let given = given(id)
        do {
            let stored = try await read(tenant, given.isEmpty)
            let others = stored.keys.filter { stored in !given.contains { $0.id == stored.id } }
            // Past 16, which only rotating without the given keys leads to, the oldest of the store go.
            let keys = SigningKeys(Array((given + others).prefix(16)))
            let now = now()
            let isNews = entries.withLock { entries in
                let isNews = entries[id]?.unopened != stored.unopened
                entries[id] = Entry(
                    keys: keys,
                    readAt: now,
                    readNext: now + Self.readAgainAfter,
                    unopened: stored.unopened
                )
                return isNews
            }
            if isNews, !stored.unopened.isEmpty {
                let numbers = stored.unopened.map(String.init).joined(separator: ", ")
                logger.error("signing keys do not open and are not used", metadata: ["keys": "\(numbers)"])
            }
        } catch {
            let now = now()
            entries.withLock { entries in
                entries[id, default: Entry()].reading = nil
                entries[id, default: Entry()].readNext = now + Self.pause
            }
            let reason = (error as? StoreError)?.message ?? "\(error)"
            logger.error("signing keys cannot be read", metadata: ["reason": "\(reason)"])
        }
    }

    /// Waits for a read, which goes on where it takes too long.
    private static func wait(for reading: Task<Void, Never>) async {
        await withTaskGroup { group in
            let (ends, end) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            let watch = Task {
                await reading.value
                end.yield()
            }
            defer { watch.cancel() }
            group.addTask { for await _ in ends { return } }
            group.addTask { try? await Task.sleep(for: patience) }
            _ = await group.next()
            group.cancelAll()
        }
    }
}

import Synchronization
import WhyOps
import WhyOpsStore

/// The hashes of versions' definitions, which never change: a list would else parse all of them for each request.
final class DefinitionHashes: Sendable {
    private let capacity: Int
    private let known = Mutex<[String: String?]>([:])

    init(capacity: Int = 10_000) {
        self.capacity = capacity
    }

    /// The hash that does not depend on spelling (AGT-23); `nil` where what was observed of an agent has none.
    func hash(of version: StoredVersion) -> String? {
        if let found = known.withLock({ $0[version.id] }) { return found }
        let hash = AgentJSON.definition(of: version).flatMap { try? DefinitionHash($0).text }
        known.withLock { known in
            if known.count >= capacity { known.removeAll() }
            known[version.id] = .some(hash)
        }
        return hash
    }
}

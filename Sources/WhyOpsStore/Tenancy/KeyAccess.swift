/// What an API key lets its holder do, as the store has it (PRX-32).
package enum KeyAccess: Sendable, Hashable {
    case granted(KeyGrant)
    case unknown
    case expired
    case revoked
    /// The key is right, but its project or environment was deactivated (PRX-130).
    case projectInactive
    case environmentInactive

    /// The access at a moment, which may be past the key's end.
    ///
    /// - Parameter now: seconds since 1970.
    package func at(_ now: Double) -> KeyAccess {
        guard case .granted(let grant) = self, let end = grant.expiresAt, end <= now else { return self }
        return .expired
    }
}

/// What belongs to a key that is let in.
package struct KeyGrant: Sendable, Hashable {
    package let tenant: Tenant
    /// The agent of requests that name none.
    package let agentName: String?
    /// How many requests a minute are let through; `nil` for any number.
    package let requestsPerMinute: Int?
    /// In seconds since 1970.
    package let expiresAt: Double?
    /// What is set for the signatures of its environment.
    package let signatures: SignatureRules

    package init(
        tenant: Tenant,
        agentName: String? = nil,
        requestsPerMinute: Int? = nil,
        expiresAt: Double? = nil,
        signatures: SignatureRules = SignatureRules()
    ) {
        self.tenant = tenant
        self.agentName = agentName
        self.requestsPerMinute = requestsPerMinute
        self.expiresAt = expiresAt
        self.signatures = signatures
    }
}

/// An API key to be made, as the operator describes it.
package struct NewKey: Sendable, Hashable {
    package var name: String
    package var agentName: String?
    package var requestsPerMinute: Int?
    /// In seconds since 1970.
    package var expiresAt: Double?

    package init(name: String) {
        self.name = name
    }
}

/// What may be told of an API key: everything but the key.
package struct KeyRecord: Sendable, Hashable {
    package let id: String
    package let environment: EnvironmentName
    package let name: String
    /// How the key begins, where it is one of ours; "" for one that the operator gave.
    package let prefix: String
    package let agentName: String?
    package let requestsPerMinute: Int?
    /// The id of the key that has taken its place (PRX-132).
    package let replacedBy: String?
    package let createdAt: String
    /// In seconds since 1970, as the others below.
    package let expiresAt: Double?
    package let revokedAt: Double?
    /// To the minute.
    package let lastUsedAt: Double?

    /// Whether it lets requests in at a moment, as far as the key itself decides.
    package func isOpen(at moment: Double) -> Bool { revokedAt == nil && (expiresAt ?? .infinity) > moment }
}

/// How API keys look.
package enum APIKey {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)

    /// `YOPS-` and 32 random characters, 192 bits.
    package static func fresh() -> String {
        var generator = SystemRandomNumberGenerator()
        var text = Array("YOPS-".utf8)
        for _ in 0..<32 { text.append(alphabet[Int.random(in: 0..<64, using: &generator)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The twelve characters that a key is shown by; of a key that an operator made up nothing is shown, since it may be
    /// short.
    static func prefix(of key: String) -> String {
        key.utf8.count == 37 && key.hasPrefix("YOPS-") ? String(key.prefix(12)) : ""
    }
}

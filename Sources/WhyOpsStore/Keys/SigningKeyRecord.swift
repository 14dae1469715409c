package import WhyOps

/// The signing keys of an environment, as a process may use them.
package struct StoredSigningKeys: Sendable {
    /// Those that open, the one that signs first.
    package let keys: [SigningKey]
    /// The numbers of those that neither sign nor verify here: another encryption key sealed them, or none did although
    /// one is set (PRX-27).
    package let unopened: [UInt8]

    package init(keys: [SigningKey], unopened: [UInt8] = []) {
        self.keys = keys
        self.unopened = unopened
    }
}

/// What may be told of a signing key: everything but its bytes.
package struct SigningKeyRecord: Sendable, Hashable {
    /// The number that frames name, 0 to 15.
    package let id: UInt8
    /// When it was made.
    package let createdAt: String
    /// Whether it signs now; the others only verify.
    package let isActive: Bool
    /// From when on it signs, in seconds since 1970.
    package let signsFrom: Double
    /// Whether it lies in the store under `WHYOPS_ENCRYPTION_KEY`.
    package let isSealed: Bool
    /// The id of the encryption key that it lies under; `nil` where there is none or it is not known.
    package let sealedBy: String?
    /// Whether the encryption key at hand, or none, is the right one for it.
    package let opens: Bool
}

/// How long a new key only verifies, in seconds, so that every process knows it before the first reply is signed with it.
package let signingKeyDelay = 60.0

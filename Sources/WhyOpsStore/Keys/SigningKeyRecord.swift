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
}

/// How long a new key only verifies, in seconds, so that every process knows it before the first reply is signed with it.
package let signingKeyDelay = 60.0

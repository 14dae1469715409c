package import WhyOps

/// What may be told of a provider: everything but its credential (PRX-38).
package struct ProviderRecord: Sendable, Hashable {
    package enum Credential: Sendable, Hashable {
        case none
        /// Lies in the store under the encryption key.
        case sealed
        /// Is the value of a variable of the proxy's.
        case variable(String)
    }

    /// The name that models are prefixed with and events give.
    package let slug: String
    package let vendor: Vendor
    package let baseURL: String
    package let credential: Credential
    /// The id of the encryption key that the credential lies under; `nil` where there is none or it is not known.
    package let sealedBy: String?
    /// Whether it is another WhyOps, which goes on with our traces (PRX-44).
    package let isWhyOps: Bool
    /// Whether it serves the requests that name no provider.
    package let isDefault: Bool
    package let createdAt: String

    package init(
        slug: String,
        vendor: Vendor,
        baseURL: String,
        credential: Credential,
        sealedBy: String? = nil,
        isWhyOps: Bool,
        isDefault: Bool,
        createdAt: String
    ) {
        self.slug = slug
        self.vendor = vendor
        self.baseURL = baseURL
        self.credential = credential
        self.sealedBy = sealedBy
        self.isWhyOps = isWhyOps
        self.isDefault = isDefault
        self.createdAt = createdAt
    }
}

/// A provider as a proxy uses it.
package struct StoredProvider: Sendable {
    package let record: ProviderRecord
    /// The credential that lay sealed; `nil` also where it does not open.
    package let secret: String?
    /// Whose it is.
    package let environment: EnvironmentName

    package init(record: ProviderRecord, secret: String?, environment: EnvironmentName = .home) {
        self.record = record
        self.secret = secret
        self.environment = environment
    }
}

/// A provider to be added.
package struct NewProvider: Sendable {
    package enum Credential: Sendable {
        case none
        case secret(String)
        case variable(String)
    }

    package var slug: String
    package var vendor: Vendor
    package var baseURL: String
    package var credential: Credential
    package var isWhyOps = false
    package var isDefault = false

    package init(slug: String, vendor: Vendor, baseURL: String, credential: Credential) {
        self.slug = slug
        self.vendor = vendor
        self.baseURL = baseURL
        self.credential = credential
    }

    /// Whether a text can be a slug: 1 to 63 of `a-z`, `0-9`, `-`, `_` and `.`, the first one a letter or a digit.
    package static func isSlug(_ text: String) -> Bool {
        let isLetter: (UInt8) -> Bool = { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        return (1...63).contains(text.utf8.count) && text.utf8.first.map(isLetter) == true
            && text.utf8.allSatisfy { isLetter($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
    }

    /// Whether a credential may be taken from a variable of this name: any but ours, which are no provider's.
    package static func isVariable(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && !name.hasPrefix("WHYOPS_")
            && name.utf8.allSatisfy {
                (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
            }
    }
}

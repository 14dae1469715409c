package import WhyOps

/// The signature of a reply (PRX-20).
package enum SignatureChoice: String, Sendable, CaseIterable {
    case v1, v2, off
}

/// What is set for the signatures of an environment or of an agent in it (PRX-176).
package struct SignatureRule: Sendable, Hashable {
    /// Which signature replies get; `nil` leaves that to whoever is asked next.
    package var signature: SignatureChoice?
    /// Which texts carry one; `nil` leaves that to whoever is asked next.
    package var policy: SignaturePolicy?

    package init(signature: SignatureChoice? = nil, policy: SignaturePolicy? = nil) {
        self.signature = signature
        self.policy = policy
    }
}

/// What is set for the signatures of one environment and its agents.
package struct SignatureRules: Sendable, Hashable {
    /// Of all its replies.
    package var environment = SignatureRule()
    /// Of those to some agents, by name.
    package var agents: [String: SignatureRule] = [:]

    package init() {}

    /// The rule for an agent's replies: its own, and for what that leaves open the environment's.
    package func rule(forAgent name: String) -> SignatureRule {
        let own = agents[name]
        return SignatureRule(
            signature: own?.signature ?? environment.signature,
            policy: own?.policy ?? environment.policy
        )
    }
}

/// A rule as commands tell it.
package struct SignatureRuleRecord: Sendable, Hashable {
    /// `nil` for the environment itself.
    package let agentName: String?
    package let rule: SignatureRule
}

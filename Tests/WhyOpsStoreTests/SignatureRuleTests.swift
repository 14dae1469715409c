import Testing
import WhyOps

@testable import WhyOpsStore

/// PRX-176: what is set for the signatures of environments and agents.
struct SignatureRuleTests {
    private static let shop = EnvironmentName(project: "shop", environment: "STAGING")

    private func rules(_ store: SQLiteStore, _ key: String) async throws -> SignatureRules? {
        guard case .granted(let grant) = try await store.access(keyHash: SHA256.hex(of: Array(key.utf8))) else {
            return nil
        }
        return grant.signatures
    }

    @Test func anAgentComesBeforeItsEnvironment() {
        var rules = SignatureRules()
        #expect(rules.rule(forAgent: "a") == SignatureRule())
        rules.environment = SignatureRule(signature: .off, policy: .always)
        rules.agents["a"] = SignatureRule(signature: .v1)
        rules.agents["b"] = SignatureRule(policy: .careful)
        #expect(rules.rule(forAgent: "a") == SignatureRule(signature: .v1, policy: .always))
        #expect(rules.rule(forAgent: "b") == SignatureRule(signature: .off, policy: .careful))
        #expect(rules.rule(forAgent: "c") == SignatureRule(signature: .off, policy: .always))
    }

    @Test func whatIsSetIsKnownByTheKeysOfItsEnvironmentAlone() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            _ = try await store.homeEnvironment()
            try await store.createProject("shop")
            let (key, _) = try await store.createKey(NewKey(name: "shop"), in: Self.shop)
            let (other, _) = try await store.createKey(NewKey(name: "home"), in: .home)
            #expect(try await rules(store, key) == SignatureRules())

            try await store.setSignatureRule(SignatureRule(signature: .off), agent: nil, in: Self.shop)
            try await store.setSignatureRule(SignatureRule(policy: .always), agent: "b", in: Self.shop)
            try await store.setSignatureRule(SignatureRule(signature: .v1), agent: "a", in: Self.shop)
            // What is not named stays.
            try await store.setSignatureRule(SignatureRule(signature: .v2), agent: "b", in: Self.shop)
            var expected = SignatureRules()
            expected.environment = SignatureRule(signature: .off)
            expected.agents = [
                "a": SignatureRule(signature: .v1), "b": SignatureRule(signature: .v2, policy: .always),
            ]
            #expect(try await rules(store, key) == expected)
            #expect(try await rules(store, other) == SignatureRules())
            #expect(try await store.signatureRules(in: Self.shop).map(\.agentName) == [nil, "a", "b"])
            #expect(try await store.signatureRules(in: .home).isEmpty)

            #expect(try await store.removeSignatureRule(agent: nil, in: Self.shop))
            #expect(try await store.removeSignatureRule(agent: "a", in: Self.shop))
            #expect(try await !store.removeSignatureRule(agent: "a", in: Self.shop))
            expected.environment = SignatureRule()
            expected.agents["a"] = nil
            #expect(try await rules(store, key) == expected)
            await #expect(throws: StoreError.self) {
                let nowhere = EnvironmentName(project: "shop", environment: "NONE")
                try await store.setSignatureRule(SignatureRule(signature: .off), agent: nil, in: nowhere)
            }
            try await store.close()
        }
    }

    /// A value that a later version wrote is followed by nobody who does not know it, and harms nothing.
    @Test func unknownValuesLeaveItOpen() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            try await store.setSignatureRule(SignatureRule(signature: .v1), agent: "a", in: .home)
            try await store.pool.write {
                try $0.execute(sql: "UPDATE signature_rules SET signature = 'v9', policy = 'bold'")
            }
            #expect(try await rules(store, "YOPS-test-key-0001")?.rule(forAgent: "a") == SignatureRule())
            #expect(tenant.environmentName == "PRODUCTION")
            try await store.close()
        }
    }
}

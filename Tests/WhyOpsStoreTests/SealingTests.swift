import Foundation
import Testing
import WhyOps

@testable import WhyOpsStore

/// Secrets that go from one encryption key to another (PRX-133).
struct SealingTests {
    private static let secret = "sk-canary-credential-0123456789"

    private func key(_ byte: UInt8) throws -> EncryptionKey {
        try #require(EncryptionKey(Data(repeating: byte, count: 32).base64EncodedString()))
    }

    private func opening(
        _ path: String,
        _ encryption: EncryptionKey?,
        _ body: (SQLiteStore, Tenant) async throws -> Void
    ) async throws {
        let store = try await SQLiteStore.open(path: path, encryption: encryption)
        do {
            try await body(store, try await store.bootstrapKey("YOPS-test-key-0001"))
            try await store.close()
        } catch {
            try? await store.close()
            throw error
        }
    }

    private func provider(_ slug: String) -> NewProvider {
        NewProvider(slug: slug, vendor: .openai, baseURL: "https://a.example/v1", credential: .secret(Self.secret))
    }

    private func secrets(_ store: SQLiteStore, _ tenant: Tenant) async throws -> [String?] {
        try await store.providers(environmentID: tenant.environmentID).map(\.secret)
    }

    @Test func idsTellKeysApartAndAreTheSameForOneKeyHoweverItIsSpelt() throws {
        let first = try key(1)
        #expect(try #require(EncryptionKey(String(repeating: "01", count: 32))).id == first.id)
        #expect(try key(2).id != first.id)
        #expect(first.id.utf8.count == 8)
    }

    @Test func allSecretsGoFromOneKeyToAnother() async throws {
        let (old, new) = (try key(1), try key(2))
        try await withDatabaseFile { path in
            try await opening(path, old) { (store, tenant) async throws in
                try await store.createProject("shop", environments: ["LIVE"])
                try await store.addProvider(provider("a"), in: .home)
                try await store.addProvider(provider("b"), in: EnvironmentName(project: "shop", environment: "LIVE"))
                _ = try await store.signingKeys(tenant: tenant)
                // As an earlier version left it.
                try await store.pool.write { try $0.execute(sql: "UPDATE signing_keys SET sealed_by = NULL") }
                #expect(try await store.providerRecords(in: .home).map(\.sealedBy) == [old.id])
            }
            // Both keys open, before and after.
            try await opening(path, new.opening(old)) { (store, tenant) async throws in
                #expect(try await secrets(store, tenant) == [Self.secret])
                try await store.prepareSigningKeys()
                #expect(try await store.resealSecrets() == 3)
                #expect(try await store.resealSecrets() == 0)
                #expect(try await secrets(store, tenant) == [Self.secret])
                #expect(try await store.signingKeys(tenant: tenant).keys.count == 1)
            }
            try await opening(path, new) { (store, tenant) async throws in
                #expect(try await secrets(store, tenant) == [Self.secret])
                #expect(try await store.providerRecords(in: .home).map(\.sealedBy) == [new.id])
                #expect(try await store.signingKeyRecords().map(\.sealedBy) == [new.id])
                try await store.prepareSigningKeys()
            }
            try await opening(path, old) { (store, tenant) async throws in
                #expect(try await secrets(store, tenant) == [nil])
                let error = await #expect(throws: StoreError.self) { try await store.prepareSigningKeys() }
                #expect(error?.message.contains(new.id) == true && error?.message.contains(old.id) == true)
            }
        }
    }

    @Test func whatDoesNotOpenLeavesEverythingAsItWas() async throws {
        let (old, new, other) = (try key(1), try key(2), try key(3))
        try await withDatabaseFile { path in
            try await opening(path, old) { store, _ in try await store.addProvider(provider("a"), in: .home) }
            try await opening(path, other) { store, _ in try await store.addProvider(provider("b"), in: .home) }
            try await opening(path, new.opening(old)) { (store, tenant) async throws in
                let error = await #expect(throws: StoreError.self) { try await store.resealSecrets() }
                #expect(error?.message.contains("'b'") == true && error?.message.contains(other.id) == true)
                #expect(try await store.providerRecords(in: .home).map(\.sealedBy) == [old.id, other.id])
            }
            try await opening(path, old) { (store, tenant) async throws in
                #expect(try await secrets(store, tenant) == [Self.secret, nil])
            }
            try await opening(path, nil) { (store, _) async throws in
                await #expect(throws: StoreError.self) { try await store.resealSecrets() }
            }
        }
    }

    @Test func signingKeysThatLieOpenAreNotTakenIn() async throws {
        try await withDatabaseFile { path in
            try await opening(path, nil) { store, tenant in _ = try await store.signingKeys(tenant: tenant) }
            try await opening(path, try key(1)) { (store, tenant) async throws in
                #expect(try await store.resealSecrets() == 0)
                #expect(try await store.signingKeys(tenant: tenant).unopened == [0])
            }
        }
    }
}

import Foundation
import GRDB
import Testing
import WhyOps

@testable import WhyOpsStore

/// Projects, environments, API keys and providers of the store.
struct TenantTests {
    private static let home = EnvironmentName.home
    private static let other = EnvironmentName(project: "shop", environment: "STAGING")

    private func access(_ store: SQLiteStore, _ key: String) async throws -> KeyAccess {
        try await store.access(keyHash: SHA256.hex(of: Array(key.utf8)))
    }

    // MARK: Keys

    /// PRX-32
    @Test func aKeyIsGivenOnceAndStoredAsItsHash() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            try await store.createProject("shop")
            var new = NewKey(name: "ci")
            new.agentName = "support"
            new.requestsPerMinute = 7
            let (key, record) = try await store.createKey(new, in: Self.other)
            #expect(key.count == 37)
            #expect(key.hasPrefix("YOPS-"))
            #expect(record.prefix == String(key.prefix(12)))
            guard case .granted(let grant) = try await access(store, key) else { Issue.record("not let in"); return }
            #expect(grant.tenant.environmentName == "STAGING")
            #expect(grant.agentName == "support")
            #expect(grant.requestsPerMinute == 7)
            #expect(try await access(store, key + "x") == .unknown)
            let records = try await store.keyRecords(in: nil)
            #expect(records == [record])
            #expect(records[0].environment == Self.other)
            try await store.close()
            for file in [path, path + "-wal"] where FileManager.default.fileExists(atPath: file) {
                let data = try Data(contentsOf: URL(filePath: file))
                #expect(data.range(of: Data(key.utf8)) == nil)
                #expect(data.range(of: Data(key.dropFirst(12).utf8)) == nil)
            }
        }
    }

    /// PRX-34
    @Test func anExpiredAndARevokedKeySaySo() async throws {
        try await withStore { store, tenant in
            var new = NewKey(name: "short")
            new.expiresAt = Date().timeIntervalSince1970 - 1
            #expect(try await access(store, store.createKey(new, in: Self.home).key) == .expired)
            let (key, _) = try await store.createKey(NewKey(name: "long"), in: Self.home)
            let done = try await store.revokeKey("long", in: Self.home)
            #expect(done.revoked.map { $0.revokedAt != nil } == [true] && done.left.isEmpty)
            #expect(try await access(store, key) == .revoked)
            await #expect(throws: StoreError.self) { try await store.revokeKey("long", in: Self.home) }
            // The name is free again, the key that had it stays revoked.
            let (next, _) = try await store.createKey(NewKey(name: "long"), in: Self.home)
            #expect(next != key)
            #expect(try await access(store, key) == .revoked)
            _ = tenant
        }
    }

    @Test func aKeyIsFoundByItsIdItsNameAndItsBeginning() async throws {
        try await withStore { store, _ in
            for selector in ["id", "name", "prefix"] {
                let (key, record) = try await store.createKey(NewKey(name: "k"), in: Self.home)
                let text = selector == "id" ? record.id : selector == "name" ? "k" : record.prefix
                #expect(try await store.revokeKey(text, in: Self.home).revoked.map(\.id) == [record.id])
                #expect(try await access(store, key) == .revoked)
            }
            // The key that the operator gave has no beginning that is shown.
            await #expect(throws: StoreError.self) { try await store.revokeKey("", in: Self.home) }
        }
    }

    @Test func aNameIsUsedOnceAndTheEnvironmentExists() async throws {
        try await withStore { store, _ in
            _ = try await store.createKey(NewKey(name: "k"), in: Self.home)
            await #expect(throws: StoreError.self) { try await store.createKey(NewKey(name: "k"), in: Self.home) }
            await #expect(throws: StoreError.self) { try await store.createKey(NewKey(name: "k"), in: Self.other) }
            try await store.createProject("shop", environments: ["STAGING"])
            _ = try await store.createKey(NewKey(name: "k"), in: Self.other)
            #expect(try await store.keyRecords(in: Self.other).count == 1)
            // A key of one environment is not revoked from another.
            let id = try await store.keyRecords(in: Self.other)[0].id
            await #expect(throws: StoreError.self) { try await store.revokeKey(id, in: Self.home) }
        }
    }

    @Test func theLastUseNeverGoesBack() async throws {
        try await withStore { store, tenant in
            #expect(try await store.keyRecords(in: nil)[0].lastUsedAt == nil)
            for moment in [100.0, 50] { try await store.noteUse(ofKey: tenant.keyID, at: moment) }
            #expect(try await store.keyRecords(in: nil)[0].lastUsedAt == 100)
        }
    }

    // MARK: Projects

    @Test func projectsHaveEnvironments() async throws {
        try await withStore { store, _ in
            try await store.createProject("shop")
            await #expect(throws: StoreError.self) { try await store.createProject("shop") }
            try await store.createEnvironment(EnvironmentName(project: "shop", environment: "QA"))
            await #expect(throws: StoreError.self) {
                try await store.createEnvironment(EnvironmentName(project: "shop", environment: "QA"))
            }
            await #expect(throws: StoreError.self) {
                try await store.createEnvironment(EnvironmentName(project: "none", environment: "QA"))
            }
            let projects = try await store.projects()
            #expect(projects.map(\.name) == ["default", "shop"])
            #expect(projects[1].environments.map(\.name) == ["PRODUCTION", "STAGING", "DEVELOPMENT", "QA"])
        }
    }

    // MARK: Providers

    private func new(_ slug: String, _ credential: NewProvider.Credential, isDefault: Bool = false) -> NewProvider {
        var new = NewProvider(
            slug: slug,
            vendor: .openai,
            baseURL: "https://\(slug).example/v1",
            credential: credential
        )
        new.isDefault = isDefault
        return new
    }

    /// PRX-38
    @Test func aCredentialLiesSealedAndOpensForItsAddressAlone() async throws {
        let encryption = try #require(EncryptionKey(String(repeating: "cd", count: 32)))
        let secret = "sk-canary-credential-0123456789"
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path, encryption: encryption)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            try await store.addProvider(new("a", .secret(secret)), in: Self.home)
            try await store.addProvider(new("b", .variable("B_KEY")), in: Self.home)
            let providers = try await store.providers(environmentID: tenant.environmentID)
            #expect(providers.map(\.secret) == [secret, nil])
            #expect(providers.map(\.record.credential) == [.sealed, .variable("B_KEY")])
            for change in ["base_url = 'https://evil.example/v1'", "slug = 'c'"] {
                try await store.pool.write { try $0.execute(sql: "UPDATE providers SET \(change) WHERE slug = 'a'") }
                let changed = try await store.providers(environmentID: tenant.environmentID)
                #expect(changed.allSatisfy { $0.secret == nil }, "\(change)")
                try await store.pool.write {
                    try $0.execute(
                        sql: "UPDATE providers SET slug = 'a', base_url = 'https://a.example/v1' WHERE slug <> 'b'"
                    )
                }
            }
            #expect(try await store.providers(environmentID: tenant.environmentID)[0].secret == secret)
            try await store.close()
            for file in [path, path + "-wal"] where FileManager.default.fileExists(atPath: file) {
                #expect(try Data(contentsOf: URL(filePath: file)).range(of: Data(secret.utf8)) == nil)
            }
            let without = try await SQLiteStore.open(path: path)
            #expect(try await without.providers(environmentID: tenant.environmentID).map(\.secret) == [nil, nil])
            await #expect(throws: StoreError.self) {
                try await without.addProvider(new("c", .secret(secret)), in: Self.home)
            }
            try await without.addProvider(new("c", .none), in: Self.home)
            try await without.close()
        }
    }

    @Test func eachVendorHasOneDefault() async throws {
        try await withStore { store, _ in
            try await store.addProvider(new("a", .none, isDefault: true), in: Self.home)
            try await store.addProvider(new("b", .none, isDefault: true), in: Self.home)
            #expect(try await store.providerRecords(in: Self.home).map(\.isDefault) == [false, true])
            try await store.makeProviderDefault("a", in: Self.home)
            #expect(try await store.providerRecords(in: Self.home).map(\.isDefault) == [true, false])
            await #expect(throws: StoreError.self) { try await store.makeProviderDefault("c", in: Self.home) }
            await #expect(throws: StoreError.self) { try await store.addProvider(new("a", .none), in: Self.home) }
            try await store.removeProvider("a", in: Self.home)
            await #expect(throws: StoreError.self) { try await store.removeProvider("a", in: Self.home) }
            #expect(try await store.providerRecords(in: Self.home).map(\.slug) == ["b"])
        }
    }

    /// PRX-39
    @Test func environmentsDoNotSeeEachOthersProviders() async throws {
        try await withStore { store, tenant in
            try await store.createProject("shop")
            try await store.addProvider(new("a", .none), in: Self.other)
            #expect(try await store.providers(environmentID: tenant.environmentID).isEmpty)
            await #expect(throws: StoreError.self) { try await store.removeProvider("a", in: Self.home) }
            #expect(try await store.providerRecords(in: Self.other).count == 1)
        }
    }

    // MARK: Rotation

    /// PRX-132
    @Test func aNewKeyTakesThePlaceOfAnother() async throws {
        try await withStore { store, _ in
            var new = NewKey(name: "ci")
            new.agentName = "support"
            new.requestsPerMinute = 7
            new.expiresAt = Date().timeIntervalSince1970 + 1000
            let first = try await store.createKey(new, in: Self.home)
            let second = try await store.rotateKey("ci", in: Self.home)
            #expect(try await access(store, first.key) == .revoked)
            #expect(second.old.id == first.record.id && second.old.replacedBy == second.record.id)
            guard case .granted(let grant) = try await access(store, second.key) else {
                Issue.record("refused"); return
            }
            #expect(grant.agentName == "support" && grant.requestsPerMinute == 7 && grant.expiresAt == new.expiresAt)
            // The old one goes on, but is not found by its name any more.
            let keptUntil = Date().timeIntervalSince1970 + 500
            let third = try await store.rotateKey(
                "ci",
                in: Self.home,
                keptUntil: keptUntil,
                expiresAt: keptUntil + 9000
            )
            #expect(third.old.id == second.record.id && third.old.expiresAt == keptUntil && third.old.revokedAt == nil)
            #expect(third.record.expiresAt == keptUntil + 9000)
            for key in [second.key, third.key] {
                guard case .granted = try await access(store, key) else { Issue.record("refused"); return }
            }
            await #expect(throws: StoreError.self) { try await store.rotateKey(second.record.id, in: Self.home) }
            let fourth = try await store.rotateKey("ci", in: Self.home, keptUntil: keptUntil + 1e9)
            // Not beyond its own end.
            #expect(fourth.old.id == third.record.id && fourth.old.expiresAt == keptUntil + 9000)
            let done = try await store.revokeKey(second.record.id, in: Self.home)
            #expect(done.revoked.map(\.id) == [second.record.id])
            #expect(done.left.map(\.id) == [third.record.id, fourth.record.id])
            await #expect(throws: StoreError.self) { try await store.createKey(NewKey(name: "ci"), in: Self.home) }
            await #expect(throws: StoreError.self) { try await store.rotateKey("none", in: Self.home) }
        }
    }

    /// PRX-135
    @Test(arguments: [false, true])
    func aNameEndsEveryKeyThatHasIt(newestFirst: Bool) async throws {
        try await withStore { store, _ in
            let first = try await store.createKey(NewKey(name: "ci"), in: Self.home)
            let other = try await store.createKey(NewKey(name: "web"), in: Self.home)
            let later = Date().timeIntervalSince1970 + 500
            let second = try await store.rotateKey("ci", in: Self.home, keptUntil: later)
            // The one that took the other's place may be gone already.
            if newestFirst {
                let done = try await store.revokeKey(second.record.id, in: Self.home)
                #expect(done.left.map(\.id) == [first.record.id])
            }
            let done = try await store.revokeKey("ci", in: Self.home)
            #expect(done.revoked.map(\.id) == (newestFirst ? [] : [second.record.id]) + [first.record.id])
            #expect(done.left.isEmpty)
            #expect(try await access(store, first.key) == .revoked)
            #expect(try await access(store, second.key) == .revoked)
            guard case .granted = try await access(store, other.key) else { Issue.record("refused"); return }
            await #expect(throws: StoreError.self) { try await store.revokeKey("ci", in: Self.home) }
        }
    }

    @Test func whatHasEndedIsNotReplaced() async throws {
        try await withStore { store, _ in
            var new = NewKey(name: "short")
            new.expiresAt = Date().timeIntervalSince1970 - 1
            _ = try await store.createKey(new, in: Self.home)
            let error = await #expect(throws: StoreError.self) { try await store.rotateKey("short", in: Self.home) }
            #expect(error?.message.contains("expired") == true)
            #expect(try await store.keyRecords(in: Self.home).filter { $0.name == "short" }.count == 1)
        }
    }

    // MARK: Activity

    /// PRX-130
    @Test func anInactiveProjectOrEnvironmentLetsNobodyIn() async throws {
        try await withStore { store, tenant in
            try await store.createProject("shop")
            let (key, _) = try await store.createKey(NewKey(name: "k"), in: Self.other)
            let granted = try await access(store, key)
            try await store.setActive(false, project: "shop", environment: "STAGING")
            #expect(try await access(store, key) == .environmentInactive)
            try await store.setActive(false, project: "shop", environment: nil)
            try await store.setActive(false, project: "shop", environment: nil)
            #expect(try await access(store, key) == .projectInactive)
            let shop = try #require(try await store.projects().first { $0.name == "shop" })
            #expect(!shop.isActive && shop.environments.filter { !$0.isActive }.map(\.name) == ["STAGING"])
            try await store.setActive(true, project: "shop", environment: nil)
            #expect(try await access(store, key) == .environmentInactive)
            try await store.setActive(true, project: "shop", environment: "STAGING")
            #expect(try await access(store, key) == granted)
            // An ended key says that first, and no other project is concerned.
            try await store.setActive(false, project: "shop", environment: nil)
            _ = try await store.revokeKey("k", in: Self.other)
            #expect(try await access(store, key) == .revoked)
            #expect(try await store.projects().filter(\.isActive).map(\.name) == ["default"])
            for (project, environment) in [("none", nil), ("shop", "none"), ("none", "STAGING")] as [(String, String?)]
            {
                await #expect(throws: StoreError.self) {
                    try await store.setActive(false, project: project, environment: environment)
                }
            }
            _ = tenant
        }
    }

    // MARK: Older stores

    /// A store of the version before tenants keeps its keys and what they reach.
    @Test func anOlderStoreIsBroughtUpToDate() async throws {
        try await withDatabaseFile { path in
            let key = "an-older-key-0001"
            let pool = try DatabasePool(path: path)
            try Schema.migrator.migrate(pool, upTo: "3-signing-keys")
            try await pool.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO projects VALUES ('p', 'default', '2026-01-01T00:00:00.000Z');
                        INSERT INTO environments VALUES ('e', 'p', 'PRODUCTION', '2026-01-01T00:00:00.000Z');
                        INSERT INTO api_keys VALUES ('k', '\(SHA256.hex(of: Array(key.utf8)))', 'e', '2026-01-01T00:00:00.000Z');
                        """
                )
            }
            try pool.close()
            let store = try await SQLiteStore.open(path: path)
            let tenant = try #require(try await store.tenant(forKey: key))
            #expect(tenant.environmentID == "e")
            #expect(tenant.keyID == "k")
            let record = try await store.keyRecords(in: Self.home)[0]
            #expect(record.name == "WHYOPS_API_KEY")
            #expect(record.prefix == "")
            #expect(record.expiresAt == nil && record.revokedAt == nil && record.requestsPerMinute == nil)
            #expect(try await store.providers(environmentID: "e").isEmpty)
            try await store.close()
        }
    }
}

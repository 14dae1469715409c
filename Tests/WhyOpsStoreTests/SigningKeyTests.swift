import Foundation
import Testing
import WhyOps

@testable import WhyOpsStore

extension Data {
    fileprivate func contains(_ other: Data) -> Bool { range(of: other) != nil }
}

struct SigningKeyTests {
    private static let sealing = String(repeating: "ab", count: 32)

    private func frame(_ key: SigningKey?) throws -> [UInt8] {
        let id = try #require(TraceID("trace-1"))
        let key = try #require(key)
        return try #require(InvisibleSignature.encodeV2(id, with: key))
    }

    @Test func anEnvironmentGetsOneKeyOfItsOwn() async throws {
        try await withStore { store, tenant in
            let other = try await store.bootstrapKey("another-key-for-tests", project: "other")
            #expect(try await store.signingKeys(tenant: tenant, makesFirst: false).keys.isEmpty)
            let mine = try await store.signingKeys(tenant: tenant).keys
            #expect(mine.map(\.id) == [0])
            let again = try await frame(store.signingKeys(tenant: tenant).keys.first)
            let theirs = try await frame(store.signingKeys(tenant: other).keys.first)
            #expect(try frame(mine.first) == again)
            #expect(theirs != again)
        }
    }

    /// PRX-23
    @Test func aNewKeyVerifiesAtOnceAndSignsLater() async throws {
        try await withStore { store, tenant in
            _ = try await store.signingKeys(tenant: tenant)
            #expect(try await store.rotateSigningKey() == 1)
            #expect(try await store.signingKeys(tenant: tenant).keys.map(\.id) == [0, 1])
            try await store.pool.write {
                try $0.execute(
                    sql: "UPDATE signing_keys SET signs_from = signs_from - ?",
                    arguments: [signingKeyDelay + 1]
                )
            }
            #expect(try await store.signingKeys(tenant: tenant).keys.map(\.id) == [1, 0])
            #expect(try await store.signingKeyRecords().map(\.isActive) == [true, false])
        }
    }

    @Test func onlyAKeyThatDoesNotSignCanBeRetired() async throws {
        try await withStore { store, tenant in
            _ = try await store.signingKeys(tenant: tenant)
            await #expect(throws: StoreError.self) { try await store.retireSigningKey(0) }
            await #expect(throws: StoreError.self) { try await store.retireSigningKey(0, isLost: true) }
            await #expect(throws: StoreError.self) { try await store.retireSigningKey(7) }
            let new = try await store.rotateSigningKey()
            try await store.retireSigningKey(new)
            #expect(try await store.signingKeyRecords().map(\.id) == [0])
        }
    }

    @Test func sixteenKeysAreTheMost() async throws {
        try await withStore { store, tenant in
            var made: [UInt8] = []
            for _ in 0..<15 { made.append(try await store.rotateSigningKey(reserved: [3])) }
            #expect(made == [0, 1, 2] + Array(4...15))
            #expect(try await store.rotateSigningKey() == 3)
            await #expect(throws: StoreError.self) { try await store.rotateSigningKey() }
            #expect(try await store.signingKeys(tenant: tenant).keys.count == 16)
        }
    }

    // MARK: Sealed keys

    /// What happens to a store that is opened with one encryption key after the other.
    private func opening<Value: Sendable>(
        _ path: String,
        _ encryption: EncryptionKey?,
        _ body: (SQLiteStore, Tenant) async throws -> Value
    ) async throws -> Value {
        let store = try await SQLiteStore.open(path: path, encryption: encryption)
        let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
        do {
            let value = try await body(store, tenant)
            try await store.close()
            return value
        } catch {
            try await store.close()
            throw error
        }
    }

    private static func encryptionKeys() throws -> (EncryptionKey, EncryptionKey) {
        (
            try #require(EncryptionKey(sealing)),
            try #require(EncryptionKey(Data(repeating: 7, count: 32).base64EncodedString()))
        )
    }

    /// PRX-27
    @Test func aSealedKeyOpensWithItsEncryptionKeyOnly() async throws {
        let (right, wrong) = try Self.encryptionKeys()
        try await withDatabaseFile { path in
            let first = try await opening(path, right) { try await $0.signingKeys(tenant: $1).keys.first }
            let second = try await opening(path, right) { try await $0.signingKeys(tenant: $1).keys.first }
            #expect(try frame(first) == frame(second))
            for encryption in [wrong, nil] {
                try await opening(path, encryption) { store, tenant in
                    let stored = try await store.signingKeys(tenant: tenant)
                    #expect(stored.keys.isEmpty)
                    #expect(stored.unopened == [0])
                    let error = await #expect(throws: StoreError.self) { try await store.prepareSigningKeys() }
                    // The command without options goes to the default environment.
                    #expect(error?.message.contains("--project 'default' --environment 'PRODUCTION'") == true)
                    await #expect(throws: StoreError.self) { try await store.rotateSigningKey() }
                    await #expect(throws: StoreError.self) { try await store.retireSigningKey(0) }
                }
            }
        }
    }

    /// PRX-27: the others of the set go on.
    @Test func aKeyThatDoesNotOpenTakesNoOtherWithIt() async throws {
        let (right, wrong) = try Self.encryptionKeys()
        try await withDatabaseFile { path in
            try await opening(path, right) { store, tenant in
                _ = try await store.signingKeys(tenant: tenant)
                _ = try await store.rotateSigningKey()
                let foreign = try wrong.seal(Array(repeating: 1, count: 32), place: "elsewhere")
                try await store.pool.write {
                    try $0.execute(
                        sql: "UPDATE signing_keys SET secret = ?, signs_from = 0 WHERE id = 0",
                        arguments: [Data(foreign)]
                    )
                }
                let stored = try await store.signingKeys(tenant: tenant)
                #expect(stored.keys.map(\.id) == [1])
                #expect(stored.unopened == [0])
                #expect(try await store.signingKeyRecords().filter(\.isActive).map(\.id) == [1])
            }
        }
    }

    @Test func aKeyWhoseEncryptionKeyIsLostCanBeRemoved() async throws {
        let (right, wrong) = try Self.encryptionKeys()
        try await withDatabaseFile { path in
            _ = try await opening(path, right) { try await $0.signingKeys(tenant: $1) }
            try await opening(path, wrong) { store, tenant in
                try await store.retireSigningKey(0, isLost: true)
                try await store.prepareSigningKeys()
                #expect(try await store.signingKeys(tenant: tenant).keys.map(\.id) == [0])
            }
        }
    }

    /// What the database and its journal hold.
    private static func files(_ path: String) throws -> [Data] {
        try [path, path + "-wal"].filter { FileManager.default.fileExists(atPath: $0) }
            .map { try Data(contentsOf: URL(filePath: $0)) }
    }

    /// PRX-31
    @Test func keysThatLieOpenAreSealedAndTheirBytesAreGone() async throws {
        let (right, wrong) = try Self.encryptionKeys()
        try await withDatabaseFile { path in
            let (open, secret) = try await opening(path, nil) { store, tenant in
                let key = try await store.signingKeys(tenant: tenant).keys.first
                let secret = try await store.pool.read { try Data.fetchOne($0, sql: "SELECT secret FROM signing_keys") }
                return (key, secret)
            }
            let bytes = try #require(secret)
            #expect(try Self.files(path).contains { $0.contains(bytes) })
            try await opening(path, right) { store, tenant in
                // Until then nobody can add a key without the encryption key.
                #expect(try await store.signingKeys(tenant: tenant).unopened == [0])
                try await store.prepareSigningKeys()
                let sealed = try await store.signingKeys(tenant: tenant).keys.first
                #expect(try frame(sealed) == frame(open))
                #expect(try await store.signingKeyRecords().map(\.isSealed) == [true])
                #expect(try !Self.files(path).contains { $0.contains(bytes) })
            }
            try await opening(path, wrong) { store, tenant in
                let stored = try await store.signingKeys(tenant: tenant)
                #expect(stored.unopened == [0])
            }
        }
    }

    /// PRX-30
    @Test func aGivenKeyMustNotHaveTheNumberOfAnother() async throws {
        try await withStore { store, tenant in
            let stored = try #require(try await store.signingKeys(tenant: tenant).keys.first)
            let other = try #require(SigningKey(id: 0, bytes: Array(repeating: 1, count: 32)))
            await #expect(throws: StoreError.self) { try await store.prepareSigningKeys(given: [other]) }
            try await store.prepareSigningKeys(given: [stored])
            let free = try #require(SigningKey(id: 1, bytes: Array(repeating: 1, count: 32)))
            try await store.prepareSigningKeys(given: [free])
        }
    }

    @Test func aSealedKeyDoesNotOpenInAnotherPlace() throws {
        let key = try #require(EncryptionKey(Self.sealing))
        let sealed = try key.seal([1, 2, 3], place: "signing-key/a/0")
        #expect(key.open(sealed, place: "signing-key/a/0") == [1, 2, 3])
        #expect(key.open(sealed, place: "signing-key/b/0") == nil)
        #expect(key.open(Array(sealed.dropLast()), place: "signing-key/a/0") == nil)
    }

    @Test(arguments: ["", "abc", String(repeating: "g", count: 64), "AAAA", String(repeating: "ab", count: 33)])
    func whatIsNo32BytesIsNoEncryptionKey(_ text: String) {
        #expect(EncryptionKey(text) == nil)
    }
}

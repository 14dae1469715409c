import Foundation
import GRDB
import Testing
import WhyOps

@testable import WhyOpsStore

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
            let mine = try await store.signingKeys(tenant: tenant)
            #expect(mine.map(\.id) == [0])
            let again = try await frame(store.signingKeys(tenant: tenant).first)
            let theirs = try await frame(store.signingKeys(tenant: other).first)
            #expect(try frame(mine.first) == again)
            #expect(theirs != again)
        }
    }

    /// PRX-23
    @Test func aNewKeyVerifiesAtOnceAndSignsLater() async throws {
        try await withStore { store, tenant in
            _ = try await store.signingKeys(tenant: tenant)
            #expect(try await store.rotateSigningKey() == 1)
            #expect(try await store.signingKeys(tenant: tenant).map(\.id) == [0, 1])
            try await store.pool.write {
                try $0.execute(
                    sql: "UPDATE signing_keys SET signs_from = signs_from - ?",
                    arguments: [signingKeyDelay + 1]
                )
            }
            #expect(try await store.signingKeys(tenant: tenant).map(\.id) == [1, 0])
            #expect(try await store.signingKeyRecords().map(\.isActive) == [true, false])
        }
    }

    @Test func onlyAKeyThatDoesNotSignCanBeRetired() async throws {
        try await withStore { store, tenant in
            _ = try await store.signingKeys(tenant: tenant)
            await #expect(throws: StoreError.self) { try await store.retireSigningKey(0) }
            await #expect(throws: StoreError.self) { try await store.retireSigningKey(7) }
            let new = try await store.rotateSigningKey()
            try await store.retireSigningKey(new)
            #expect(try await store.signingKeyRecords().map(\.id) == [0])
        }
    }

    @Test func sixteenKeysAreTheMost() async throws {
        try await withStore { store, tenant in
            var made: [UInt8] = []
            for _ in 0..<16 { made.append(try await store.rotateSigningKey()) }
            #expect(made == Array(0...15))
            await #expect(throws: StoreError.self) { try await store.rotateSigningKey() }
            #expect(try await store.signingKeys(tenant: tenant).count == 16)
        }
    }

    @Test func aSealedKeyOpensWithItsEncryptionKeyOnly() async throws {
        try await withDatabaseFile { path in
            func keys(_ encryption: EncryptionKey?) async throws -> [SigningKey] {
                let store = try await SQLiteStore.open(path: path, encryption: encryption)
                let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
                do {
                    let keys = try await store.signingKeys(tenant: tenant)
                    try await store.close()
                    return keys
                } catch {
                    try await store.close()
                    throw error
                }
            }
            let right = try #require(EncryptionKey(Self.sealing))
            let wrong = try #require(EncryptionKey(Data(repeating: 7, count: 32).base64EncodedString()))
            let first = try await frame(keys(right).first)
            let second = try await frame(keys(right).first)
            #expect(first == second)
            await #expect(throws: StoreError.self) { try await keys(wrong) }
            await #expect(throws: StoreError.self) { try await keys(nil) }
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

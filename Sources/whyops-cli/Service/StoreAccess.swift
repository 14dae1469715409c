import WhyOpsCommand
import WhyOpsStore

/// Does something with the store and closes it; what the store refuses is said in its own words.
func withStore<Value>(
    _ options: CommonOptions,
    oldKey: String? = nil,
    _ body: (DatabaseStore, ServiceSetup) async throws -> Value
) async throws -> Value {
    let setup = try ServiceSetup(options)
    let store = try await setup.openExistingStore(oldKey: oldKey)
    do {
        let value = try await body(store, setup)
        try await store.close()
        return value
    } catch {
        try? await store.close()
        throw (error as? StoreError).map { CommandFailure($0.message) } ?? error
    }
}

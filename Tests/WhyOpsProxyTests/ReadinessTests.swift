import Foundation
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// PRX-18, PRX-172: who may say that the proxy works.
struct ReadinessTests {
    private func services(_ store: SwitchedStore) -> ProxyServices {
        let recorder = EventRecorder(store: store, logger: quiet)
        return ProxyServices(
            configuration: ProxyConfiguration(),
            store: store,
            recorder: recorder,
            upstream: UpstreamClient(instance: "whyops-test"),
            echoes: EchoTable(
                capacity: 10,
                store: store,
                recorder: recorder,
                patience: StorePatience(limit: .seconds(1))
            ),
            keyring: SigningKeyring(
                given: .init(),
                logger: quiet,
                read: { try await store.signingKeys(tenant: $0, makesFirst: $1) }
            ),
            tenants: TenantDirectory(store: store),
            providers: ProviderDirectory(
                store: store,
                home: (nil, [:]),
                upstreamPolicy: UpstreamPolicy(),
                variables: CredentialVariables()
            ),
            logger: quiet,
            // However busy the machine of the tests is, the store has its say.
            storeProbe: HealthProbe(limit: .seconds(600)) { await store.isHealthy() }
        )
    }

    @Test func readinessIsThatOfTheStoreAndHealthIsNot() async throws {
        try await withFolder { folder in
            let sqlite = try await SQLiteStore.open(path: folder + "/test.sqlite", logger: quiet)
            let store = SwitchedStore(sqlite)
            let responder = ProxyResponder(services: services(store))

            func status(_ target: String) async throws -> Int? {
                let request = ProxyRequest(method: "GET", target: target, headers: HeaderFields())
                let path = ProxyPath(method: "GET", path: request.path)
                let step = try await responder.receive(request, path, .openai).value()
                guard case .answer(let reply) = step else { return nil }
                return reply.status
            }

            for prefix in ["", "/v1"] {
                #expect(try await status(prefix + "/health/ready") == 200)
                store.leave()
                #expect(try await status(prefix + "/health/ready") == 503)
                #expect(try await status(prefix + "/health") == 200)
                store.comeBack()
                #expect(try await status(prefix + "/health/ready") == 200)
            }
            try await sqlite.close()
        }
    }
}

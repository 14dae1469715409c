import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import WhyOps
import WhyOpsCommand
import WhyOpsIngest
import WhyOpsProxy
import WhyOpsStore

/// What has to be right for a service to work, looked at from outside.
struct DoctorChecks {
    let setup: ServiceSetup
    let proxy: ProxyConfiguration
    let ingest: IngestConfiguration

    /// A server's clock that differs by more is told of, in seconds.
    private static let clockTolerance = 30.0

    func run(_ report: inout DoctorReport) async {
        clock(&report)
        let key = setup.settings.variable("WHYOPS_API_KEY")
        await store(&report, key: key)
        await port("proxy", proxy.host, proxy.port, "/health", isTLS: proxy.certificate != nil, &report)
        await port("ingest", ingest.host, ingest.port, "/api/health", isTLS: ingest.certificate != nil, &report)
        if key == nil {
            report.add(.warning, "api key", "WHYOPS_API_KEY is not set: the service makes a key when it starts first")
        }
        if setup.settings.variable("WHYOPS_ENCRYPTION_KEY") == nil {
            report.add(.warning, "encryption key", "WHYOPS_ENCRYPTION_KEY is not set: secrets lie open in the store")
        }
        if proxy.providers.isEmpty {
            report.add(.warning, "providers", "neither OPENAI_API_KEY nor ANTHROPIC_API_KEY is set")
        }
        for provider in proxy.providers.values.sorted(by: { $0.name < $1.name }) { await ask(provider, &report) }
    }

    /// Time stamps, the ends of keys and retention go by it.
    private func clock(_ report: inout DoctorReport) {
        let year = Int(Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).text.prefix(4)) ?? 0
        if year < 2025 {
            report.add(.bad, "clock", "this machine thinks that it is the year \(year)")
        } else {
            report.add(.ok, "clock", "the year is \(year)")
        }
    }

    private func store(_ report: inout DoctorReport, key: String?) async {
        if let missing = setup.missingStore { return report.add(.warning, "store", missing.description) }
        do {
            let store = try await setup.openExistingStore()
            let isHealthy = await store.isHealthy()
            report.add(isHealthy ? .ok : .bad, "store", isHealthy ? "it opens and answers" : "it does not answer")
            if let key {
                let isKnown = try await store.tenant(forKey: key) != nil
                report.add(
                    isKnown ? .ok : .warning,
                    "api key",
                    isKnown
                        ? "the store knows it" : "WHYOPS_API_KEY is not in the store yet; 'whyops serve' puts it there"
                )
            }
            try await signing(store, &report)
            try await store.close()
        } catch {
            let text = (error as? CommandFailure)?.description ?? (error as? Settings.Fault)?.description
            report.add(.bad, "store", text ?? (error as? StoreError)?.message ?? "it cannot be read")
        }
    }

    private func signing(_ store: DatabaseStore, _ report: inout DoctorReport) async throws {
        for project in try await store.projects() {
            for environment in project.environments {
                let name = "signing keys of \(project.name)/\(environment.name)"
                let tenant = Tenant(
                    projectID: project.id,
                    environmentID: environment.id,
                    environmentName: environment.name,
                    keyID: ""
                )
                let keys = try await store.signingKeys(tenant: tenant, makesFirst: false)
                if !keys.unopened.isEmpty {
                    report.add(
                        .bad,
                        name,
                        "\(keys.unopened.count) cannot be opened: is WHYOPS_ENCRYPTION_KEY the right one?"
                    )
                } else if keys.keys.isEmpty {
                    report.add(.ok, name, "none yet; the first request makes one")
                } else {
                    report.add(.ok, name, keys.keys.count == 1 ? "1" : "\(keys.keys.count)")
                }
            }
        }
    }

    /// Whether a service of ours is there, another program, or nobody.
    private func port(
        _ name: String,
        _ host: String,
        _ port: Int,
        _ path: String,
        isTLS: Bool,
        _ report: inout DoctorReport
    ) async {
        if port == 0 { return report.add(.ok, "\(name) port", "any free one") }
        let reached = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        let address = "\(isTLS ? "https" : "http")://\(reached.contains(":") ? "[\(reached)]" : reached):\(port)"
        // Who is there is asked, not whether it is trusted; nothing secret is sent.
        var configuration = HTTPClient.Configuration(certificateVerification: .none)
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let request = HTTPClientRequest(url: address + path)
        let found: (verdict: DoctorReport.Verdict, text: String)
        do {
            let response = try await client.execute(request, timeout: .seconds(5))
            let body = try await response.body.collect(upTo: 1 << 16)
            let root = try? JSONDocument(Array(body.readableBytesView)).root
            if root?["service"]?.string?.hasPrefix("whyops") == true {
                let isWell = response.status == .ok
                found = (isWell ? .ok : .bad, "a service is running there, \(isWell ? "healthy" : "not healthy")")
            } else {
                found = (.bad, "another program has \(port)")
            }
        } catch is NIOConnectionError {
            found = (.ok, "\(port) is free")
        } catch let error as HTTPClientError where error == .connectTimeout {
            found = (.bad, "'\(host)' does not answer")
        } catch {
            found = (.bad, "another program has \(port)")
        }
        try? await client.shutdown()
        report.add(found.verdict, "\(name) port", found.text)
    }

    private func ask(_ provider: Provider, _ report: inout DoctorReport) async {
        let name = "provider \(provider.name)"
        do {
            let outcome = try await ProviderProbe(
                provider: provider,
                policy: nil,
                certificates: proxy.upstreamCertificates
            ).run()
            report.add(outcome.isFine ? .ok : .bad, name, outcome.line(provider))
            guard let skew = outcome.clockSkew, abs(skew) > Self.clockTolerance else { return }
            report.add(.warning, "clock", "it differs from that of '\(provider.name)' by \(Int(skew)) s")
        } catch {
            report.add(.bad, name, (error as? CommandFailure)?.description ?? "it cannot be asked")
        }
    }
}

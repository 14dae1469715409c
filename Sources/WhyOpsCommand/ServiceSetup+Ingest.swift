import FoundationEssentials
import WhyOps
package import WhyOpsIngest
import WhyOpsStore

/// What ingest and the operator's listener take.
extension ServiceSetup {
    package func ingest(_ options: IngestOptions, _ edge: EdgeOptions) throws -> IngestConfiguration {
        var ingest = IngestConfiguration(
            host: host,
            port: try settings.integer("ingest-port", flag: options.ingestPort, in: 0...65535) ?? 8081,
            maximumBodyBytes: try settings.integer("max-event-bytes", flag: options.maxEventBytes, in: 1...1 << 30)
                ?? 10 << 20,
            prices: try prices(flag: options.prices),
            logger: logger
        )
        ingest.requestsPerMinute = try settings.integer(
            "ingest-requests-per-minute",
            flag: options.ingestRequestsPerMinute,
            in: 1...1_000_000
        )
        ingest.maximumAgents = limits.agents
        let edge = try self.edge(edge)
        ingest.failedKeysPerMinute = edge.failedKeysPerMinute ?? ingest.failedKeysPerMinute
        ingest.certificate = edge.certificate
        ingest.crossOrigin = edge.crossOrigin
        return ingest
    }

    /// The built-in prices, with the operator's before them.
    package func prices(flag: String?) throws -> PriceTable {
        guard let path = settings.string("prices", flag: flag) else { return .standard }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Settings.Fault(description: "The file of prices '\(path)' cannot be read.")
        }
        do {
            return try PriceTable(overriddenBy: Array(data))
        } catch let fault as JSONFault {
            throw Settings.Fault(
                description: "The file of prices '\(path)' is not JSON: \(fault.message) at byte \(fault.offset)."
            )
        } catch let invalid as InvalidInput {
            let places = invalid.faults.map { "\($0.pointer): \($0.message)" }.joined(separator: "; ")
            throw Settings.Fault(description: "The file of prices '\(path)' cannot be used: \(places).")
        }
    }

    /// The operator's listener, where a port is set (PRX-80, PRX-81).
    package func admin(_ options: AdminOptions) throws -> AdminConfiguration? {
        let host = settings.string("admin-host", flag: options.adminHost)
        guard let port = try settings.integer("admin-port", flag: options.adminPort, in: 0...65535) else {
            if host == nil { return nil }
            throw Settings.Fault(description: "--admin-host needs --admin-port.")
        }
        var admin = AdminConfiguration(port: port)
        admin.host = host ?? admin.host
        admin.key = settings.variable("WHYOPS_ADMIN_KEY")
        if let key = admin.key, !(16...256).contains(key.utf8.count) {
            throw Settings.Fault(description: "WHYOPS_ADMIN_KEY must have 16 to 256 characters.")
        }
        guard Self.isLoopback(admin.host) || admin.key != nil else {
            throw Settings.Fault(
                description: "--admin-host '\(admin.host)' can be reached from elsewhere: set WHYOPS_ADMIN_KEY, "
                    + "which its callers then have to send."
            )
        }
        return admin
    }

    /// Whether an address can be reached from this machine only; names other than `localhost` may mean anything.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}

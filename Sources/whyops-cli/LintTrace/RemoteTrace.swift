import NIOHTTP1
import WhyOps
import WhyOpsCommand

/// A trace of a service behind an address.
struct RemoteTrace {
    let service: RemoteService

    /// Asks for the analysis; what keeps it from coming is misuse as far as exit codes go (FND-32).
    func report(of trace: String, atLeast severity: FindingSeverity) async throws -> TraceReport {
        let path = "/api/threads/\(pathText(trace))/findings?minSeverity=\(severity.rawValue)"
        let (status, body) = try await service.ask(.GET, path)
        switch status {
        case 200: break
        case 404: throw Settings.Fault(description: "\(service.address) has no trace '\(trace)' for this key.")
        default: throw Settings.Fault(description: "\(service.address) answered with status \(status).")
        }
        guard let report = TraceReport(try? JSONDocument(body).root["analysis"]) else {
            throw Settings.Fault(description: "\(service.address) did not answer with findings.")
        }
        return report
    }
}

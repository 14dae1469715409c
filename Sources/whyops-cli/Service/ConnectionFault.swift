import AsyncHTTPClient
import NIOCore
import NIOPosix
import WhyOpsCommand

/// Why a request got no answer, in words for a person, with nothing of what was sent (CLI-4).
func connectionFault(_ error: any Error) -> String {
    switch error {
    case let error as HTTPClientError: return error.shortDescription
    case let error as IOError: return systemText(error.errnoCode)
    case let error as NIOConnectionError:
        // Several addresses of a host may fail, most often all in the same way.
        let refusal = error.connectionErrors.lazy.compactMap { $0.error as? IOError }.first
        return refusal.map { systemText($0.errnoCode) } ?? "the host '\(error.host)' is not known"
    default: return "no connection"
    }
}

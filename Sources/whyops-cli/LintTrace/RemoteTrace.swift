import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsCommand

/// A trace behind an address.
struct RemoteTrace {
    let service: String
    let key: String

    init(service: String, key: String) throws {
        guard let parts = URLComponents(string: service), parts.scheme == "http" || parts.scheme == "https",
            parts.host?.isEmpty == false, parts.query == nil, parts.fragment == nil, parts.user == nil
        else {
            throw Settings.Fault(description: "--url must be the address of a service, such as http://127.0.0.1:8081.")
        }
        var service = service[...]
        while service.last == "/" { service.removeLast() }
        self.service = String(service)
        self.key = key
    }

    /// The API key: never an argument, which others on the machine can read.
    static func key(file: String?, _ settings: Settings) throws -> String {
        let text: String
        if let file {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw Settings.Fault(description: "The file '\(file)' cannot be read.")
            }
            var line = String(decoding: data, as: UTF8.self)[...]
            while line.last?.isNewline == true { line.removeLast() }
            text = String(line)
        } else if let variable = settings.variable("WHYOPS_API_KEY") {
            text = variable
        } else {
            throw Settings.Fault(description: "--url needs an API key in the variable WHYOPS_API_KEY or by --key-file.")
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Settings.Fault(description: "The API key must be one line of printable ASCII characters.")
        }
        return text
    }

    /// Asks for the analysis; what keeps it from coming is misuse as far as exit codes go (FND-32).
    func report(of trace: String, atLeast severity: FindingSeverity) async throws -> TraceReport {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let status: Int
        let body: [UInt8]
        do {
            let path = "/api/threads/\(Self.encoded(trace))/findings?minSeverity=\(severity.rawValue)"
            var request = HTTPClientRequest(url: service + path)
            request.headers.add(name: "authorization", value: "Bearer \(key)")
            request.headers.add(name: "accept", value: "application/json")
            let response = try await client.execute(request, timeout: .seconds(300))
            status = Int(response.status.code)
            body = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)
        } catch {
            try? await client.shutdown()
            let reason = (error as? HTTPClientError)?.shortDescription ?? "no connection (\(type(of: error)))"
            throw Settings.Fault(description: "\(service) cannot be asked: \(reason).")
        }
        try? await client.shutdown()
        switch status {
        case 200: break
        case 401: throw Settings.Fault(description: "\(service) does not know the API key.")
        case 404: throw Settings.Fault(description: "\(service) has no trace '\(trace)' for this key.")
        default: throw Settings.Fault(description: "\(service) answered with status \(status).")
        }
        guard let report = TraceReport(try? JSONDocument(body).root["analysis"]) else {
            throw Settings.Fault(description: "\(service) did not answer with findings.")
        }
        return report
    }

    /// A part of a path, every byte encoded that is no letter, digit or one of `-_~`; also the dot, which alone means something.
    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return encoded
    }
}

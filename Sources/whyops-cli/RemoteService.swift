import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsCommand

/// An ingest service behind an address, and the key that it lets in.
struct RemoteService {
    let address: String
    let key: String

    init(address: String, key: String) throws {
        guard let parts = URLComponents(string: address), parts.scheme == "http" || parts.scheme == "https",
            parts.host?.isEmpty == false, parts.query == nil, parts.fragment == nil, parts.user == nil
        else {
            throw Settings.Fault(description: "--url must be the address of a service, such as http://127.0.0.1:8081.")
        }
        var address = address[...]
        while address.last == "/" { address.removeLast() }
        self.address = String(address)
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

    /// The status and the body of an answer.
    ///
    /// - Parameters:
    ///   - path: with its query, every part encoded.
    ///   - limit: of the answer, in bytes.
    /// - Throws: `Settings.Fault` where there is no answer, or one that the key is not known.
    func ask(
        _ method: HTTPMethod = .GET,
        _ path: String,
        body: [UInt8]? = nil,
        limit: Int = 16 << 20
    ) async throws -> (status: Int, body: [UInt8]) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let status: Int
        let answer: [UInt8]
        do {
            var request = HTTPClientRequest(url: address + path)
            request.method = method
            request.headers.add(name: "authorization", value: "Bearer \(key)")
            request.headers.add(name: "accept", value: "application/json")
            if let body {
                request.headers.add(name: "content-type", value: "application/json")
                request.body = .bytes(ByteBuffer(bytes: body))
            }
            let response = try await client.execute(request, timeout: .seconds(300))
            status = Int(response.status.code)
            answer = Array(try await response.body.collect(upTo: limit).readableBytesView)
        } catch {
            try? await client.shutdown()
            let reason = (error as? HTTPClientError)?.shortDescription ?? "no connection (\(type(of: error)))"
            throw Settings.Fault(description: "\(address) cannot be asked: \(reason).")
        }
        try? await client.shutdown()
        if status == 401 { throw Settings.Fault(description: "\(address) does not know the API key.") }
        return (status, answer)
    }

    /// A part of a path, every byte encoded that is no letter, digit or one of `-_~`; also the dot, which alone means something.
    static func encoded(_ text: String) -> String {
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

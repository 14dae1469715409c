import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsCommand

/// An ingest service behind an address, and the key that it lets in.
struct RemoteService: IngestPlace {
    let address: String
    let key: String

    var name: String { address }

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
            throw Settings.Fault(
                description:
                    "The service asks for an API key: set WHYOPS_API_KEY, or name a file with it by --key-file."
            )
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Settings.Fault(description: "The API key must be one line of printable ASCII characters.")
        }
        return text
    }

    /// - Throws: `Settings.Fault` where there is no answer, or one that the key is not known.
    func ask(
        _ method: HTTPMethod = .GET,
        _ path: String,
        body: [UInt8]? = nil,
        limit: Int = 16 << 20
    ) async throws -> (status: Int, body: [UInt8]) {
        var request = request(method, path)
        request.headers.add(name: "accept", value: "application/json")
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        return try await withAnswer(to: request, within: .seconds(300)) { response in
            if response.status == .unauthorized { throw unknownKey }
            do {
                let answer = Array(try await response.body.collect(upTo: limit).readableBytesView)
                return (Int(response.status.code), answer)
            } catch is NIOTooManyBytesError {
                throw ReaderError(error: AnswerTooLong())
            }
        }
    }

    /// - Throws: `Settings.Fault` where there is no answer, or one that the key is not known.
    func listen(
        _ path: String,
        lastEventID: String?,
        _ body: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var request = request(.GET, path)
        request.headers.add(name: "accept", value: "text/event-stream")
        if let lastEventID { request.headers.add(name: "last-event-id", value: lastEventID) }
        // A stream says something every 15 seconds (ING-59): one that is silent has lost its other end.
        try await withAnswer(to: request, within: .hours(24), silence: .seconds(60)) { response in
            if response.status == .unauthorized, lastEventID == nil { throw unknownKey }
            guard response.status == .ok else {
                throw ReaderError(error: StreamRefusal(status: Int(response.status.code)))
            }
            for try await part in response.body {
                do { try await body(Array(part.readableBytesView)) } catch { throw ReaderError(error: error) }
            }
        }
    }

    private var unknownKey: Settings.Fault { Settings.Fault(description: "\(address) does not know the API key.") }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(key)")
        return request
    }

    private func withAnswer<Value: Sendable>(
        to request: HTTPClientRequest,
        within limit: TimeAmount,
        silence: TimeAmount? = nil,
        _ body: (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = silence
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let value: Value
        do {
            let response = try await client.execute(request, timeout: limit)
            value = try await body(response)
        } catch {
            try? await client.shutdown()
            if let error = error as? ReaderError { throw error.error }
            if error is Settings.Fault || error is CommandFailure || error is CancellationError { throw error }
            throw Settings.Fault(description: "\(address) cannot be asked: \(connectionFault(error)).")
        }
        try? await client.shutdown()
        return value
    }
}

/// What a reader of a stream throws, which is no fault of the connection.
private struct ReaderError: Error {
    let error: any Error
}

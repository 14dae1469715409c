/// Sends one request and gives its answer; ``HTTPClientTransport`` unless a client is given another one.
public protocol ClientTransport: Sendable {
    /// Sends a POST request once, without following redirects and without repeating it.
    ///
    /// It ends after the request's `timeout` at the latest, body included, and at once where its task is cancelled: until it ends,
    /// nothing else is sent, and ``AgentClient/shutdown(timeout:)`` waits for it.
    ///
    /// - Throws: Whatever says that there is no answer.
    func send(_ request: ClientRequest) async throws -> ClientResponse
}

/// A POST request.
public struct ClientRequest: Sendable, CustomStringConvertible, CustomReflectable {
    /// Where it goes.
    public let url: String
    /// Its headers, among them the API key.
    public let headers: [(name: String, value: String)]
    /// Its body, JSON.
    public let body: [UInt8]
    /// How long it may take until its answer is read.
    public let timeout: Duration

    init(url: String, headers: [(name: String, value: String)], body: [UInt8], timeout: Duration) {
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }

    /// Method, address and length; no headers.
    public var description: String { "POST \(url), \(body.count) bytes" }
    /// Nothing of the headers.
    public var customMirror: Mirror { Mirror(self, children: ["url": url]) }
}

/// An answer to a request.
public struct ClientResponse: Sendable {
    /// Its status.
    public let status: Int
    /// Its headers.
    public let headers: [(name: String, value: String)]
    /// Its body.
    public let body: [UInt8]

    /// An answer with what is given.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of a name, in whatever case.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }
}

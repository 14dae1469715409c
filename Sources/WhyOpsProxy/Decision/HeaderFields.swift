import NIOHTTP1
import WhyOps

/// The name of a header, in lower case.
struct HeaderName: Sendable {
    let text: String

    static let accept = HeaderName(text: "accept")
    static let acceptEncoding = HeaderName(text: "accept-encoding")
    static let accessControlRequestHeaders = HeaderName(text: "access-control-request-headers")
    static let accessControlRequestMethod = HeaderName(text: "access-control-request-method")
    static let agentName = HeaderName(text: "x-agent-name")
    static let anthropicRequestID = HeaderName(text: "request-id")
    static let anthropicVersion = HeaderName(text: "anthropic-version")
    /// What Azure's clients have their key in.
    static let azureKey = HeaderName(text: "api-key")
    static let apiKey = HeaderName(text: "x-api-key")
    static let authorization = HeaderName(text: "authorization")
    static let connection = HeaderName(text: "connection")
    static let contentEncoding = HeaderName(text: "content-encoding")
    static let contentLength = HeaderName(text: "content-length")
    static let contentType = HeaderName(text: "content-type")
    static let expect = HeaderName(text: "expect")
    static let externalUserID = HeaderName(text: "x-external-user-id")
    static let host = HeaderName(text: "host")
    static let origin = HeaderName(text: "origin")
    static let requestID = HeaderName(text: "x-request-id")
    static let signature = HeaderName(text: "x-whyops-signature")
    static let threadID = HeaderName(text: "x-thread-id")
    static let traceID = HeaderName(text: "x-trace-id")
    static let transferEncoding = HeaderName(text: "transfer-encoding")
    static let upgrade = HeaderName(text: "upgrade")
    static let via = HeaderName(text: "via")
}

extension Vendor {
    /// Where its clients look for the id of a request (PRX-119).
    var requestID: HeaderName {
        switch self {
        case .openai: .requestID
        case .anthropic: .anthropicRequestID
        }
    }
}

/// The headers of a request or a reply, in their order. Names are compared without regard to the case of ASCII letters.
struct HeaderFields: Sendable {
    private(set) var fields: [(name: String, value: String)] = []

    init() {}

    init(_ fields: [(name: String, value: String)]) {
        self.fields = fields
    }

    /// As they came, without the white space around a value, which is no part of it (RFC 9110, 5.5); the decoder leaves what
    /// stands behind it.
    init(_ headers: HTTPHeaders) {
        fields.reserveCapacity(headers.count)
        for (name, value) in headers { fields.append((name, value.trimmingSpaces)) }
    }

    /// The value, or several joined by commas.
    subscript(name: HeaderName) -> String? {
        var found: String?
        for field in fields where field.name.isSameHeader(as: name.text) {
            found = found.map { $0 + ", " + field.value } ?? field.value
        }
        return found
    }

    /// The one value, also where it was sent more than once. Different ones are joined by NUL, so that nobody takes them for
    /// one that is valid.
    subscript(single name: HeaderName) -> String? {
        let values = self[values: name]
        guard let first = values.first else { return nil }
        return values.allSatisfy { $0 == first } ? first : values.joined(separator: "\u{0}")
    }

    /// The values one by one.
    subscript(values name: HeaderName) -> [String] {
        fields.filter { $0.name.isSameHeader(as: name.text) }.map(\.value)
    }

    func contains(_ name: HeaderName) -> Bool {
        fields.contains { $0.name.isSameHeader(as: name.text) }
    }

    /// The names, in lower case, of the headers that are for this connection alone (PRX-221).
    var namesOfConnection: Set<String> {
        // What nearly every client sends names none.
        guard let options = self[.connection], !options.isSameHeader(as: "keep-alive") else { return [] }
        var names = Set(Self.list(options))
        for kept in [HeaderName.via, .contentType, .contentEncoding] { names.remove(kept.text) }
        return names
    }

    /// The items of a value that is a list of words, in lower case.
    private static func list(_ value: String) -> [String] {
        value.split(separator: ",").map { String($0).trimmingSpaces.loweredHeader }
    }

    /// The key that a request comes with, under the first of the names that has one (PRX-3, PRX-205).
    var key: String? {
        let bearer = self[.authorization].flatMap { $0.dropping(prefix: "bearer ") }?.trimmingSpaces
        let named = [bearer, self[.apiKey]?.trimmingSpaces, self[.azureKey]?.trimmingSpaces]
        return named.lazy.compactMap { $0 }.first { !$0.isEmpty }
    }

    /// Whether a value holds what would be the end of a line to somebody.
    var holdsControls: Bool {
        fields.contains { field in
            let bytes = field.value.utf8.span
            return bytes.indices.contains { bytes[$0] < 0x20 && bytes[$0] != 0x09 || bytes[$0] == 0x7F }
        }
    }

    mutating func append(_ name: HeaderName, _ value: String) {
        fields.append((name.text, value))
    }

    mutating func append(name: String, value: String) {
        fields.append((name, value))
    }

    mutating func remove(_ name: HeaderName) {
        fields.removeAll { $0.name.isSameHeader(as: name.text) }
    }

    /// Sets the one value that a name has from now on.
    mutating func replace(_ name: HeaderName, _ value: String) {
        remove(name)
        fields.append((name.text, value))
    }

    /// Sets the one value that each of some names, in lower case, has from now on.
    mutating func replace(_ headers: [(name: String, value: String)]) {
        for header in headers { replace(HeaderName(text: header.name), header.value) }
    }

    /// Says which trace a request belongs to (TRC-8).
    mutating func append(trace id: TraceID) {
        append(name: "X-Trace-ID", value: id.text)
        append(name: "X-Thread-ID", value: id.text)
    }

    mutating func reserve(_ count: Int) {
        fields.reserveCapacity(count)
    }
}

extension String {
    /// Without spaces and tabs at its ends.
    var trimmingSpaces: String {
        let bytes = utf8.span
        var (start, end) = (0, bytes.count)
        while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        if end - start == bytes.count { return self }
        return String(decoding: utf8.dropFirst(start).prefix(end - start), as: UTF8.self)
    }

    /// Whether both name the same header; the other one is in lower case.
    func isSameHeader(as lowered: String) -> Bool {
        // Most are told apart by their lengths; bytes one by one through a sequence cost ten times as much.
        guard utf8.count == lowered.utf8.count else { return false }
        let mine = utf8.span
        let theirs = lowered.utf8.span
        for index in mine.indices {
            let byte = mine[index]
            if byte != theirs[index], !(0x41...0x5A).contains(byte) || byte | 0x20 != theirs[index] { return false }
        }
        return true
    }

    /// What follows a beginning, which is given in lower case; `nil` where the text begins otherwise.
    func dropping(prefix lowered: String) -> String? {
        guard let end = utf8.index(startIndex, offsetBy: lowered.utf8.count, limitedBy: endIndex) else { return nil }
        return String(self[..<end]).isSameHeader(as: lowered) ? String(self[end...]) : nil
    }

    /// In lower case, as ASCII has it; the text itself where it is that already.
    var loweredHeader: String {
        utf8.contains { (0x41...0x5A).contains($0) } ? lowercased() : self
    }
}

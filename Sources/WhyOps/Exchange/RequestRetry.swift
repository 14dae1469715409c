/// What is known of a request that its client sends again (EXC-71, EXC-72).
public struct RequestRetry: Sendable, Hashable {
    /// How often the client says that it has sent it before.
    public let count: Int?
    /// The span of the first attempt, where that one is known without doubt.
    public let span: String?
    /// The trace of the first attempt.
    public let trace: String?

    /// The longest `Idempotency-Key` that is read, in bytes.
    public static let maximumKeyLength = 255

    /// `nil` where nothing is known.
    public init?(count: Int?, span: String?, trace: String?) {
        if count == nil, span == nil { return nil }
        self.count = count
        self.span = span
        self.trace = trace
    }

    /// Reads `x-stainless-retry-count`: a whole number from 1 to 99; `nil` for anything else.
    public static func count(header: String?) -> Int? {
        guard let header, (1...2).contains(header.utf8.count) else { return nil }
        var count = 0
        for byte in header.utf8 {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            count = count * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return count > 0 ? count : nil
    }

    /// Writes the retry as an object.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("count", count)
            writer.member("spanId", span)
            writer.member("traceId", trace)
        }
    }
}

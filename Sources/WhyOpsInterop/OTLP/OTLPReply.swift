import WhyOps

/// What a receiver says of a request that it took (IOP-24).
public struct OTLPReply: Hashable, Sendable {
    /// How many of the spans it did not take.
    public private(set) var rejected = 0
    /// Why, or what it wants to be known although it took all.
    public private(set) var message: String?

    /// Reads an answer in either form; what cannot be read says nothing.
    public init(_ bytes: [UInt8]) {
        // Receivers answer in JSON to either form; no message of Protocol Buffers that says anything is JSON as well.
        if let root = JSONDocument.value(bytes) {
            let partial = root["partialSuccess"]
            let count = partial?["rejectedSpans"]
            rejected = count?.integer ?? count?.string.flatMap { Int($0) } ?? 0
            message = partial?.text("errorMessage")
        } else {
            readProtobuf(bytes)
        }
        if message?.isEmpty == true { message = nil }
        rejected = max(0, rejected)
    }

    /// What is damaged says no more from there on.
    private mutating func readProtobuf(_ bytes: [UInt8]) {
        var reader = ProtobufReader(bytes)
        while let field = try? reader.next() {
            guard field.number == 1, var partial = try? reader.message(field) else { continue }
            while let field = try? partial.next() {
                switch field.number {
                case 1: rejected = (try? partial.number(field)).map { Int(clamping: $0) } ?? rejected
                case 2: message = (try? partial.data(field)).map { String(decoding: $0, as: UTF8.self) } ?? message
                default: break
                }
            }
        }
    }
}

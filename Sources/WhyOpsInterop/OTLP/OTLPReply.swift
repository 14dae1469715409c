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

    private mutating func readProtobuf(_ bytes: [UInt8]) {
        var reader = ProtobufReader(bytes[...])
        while let field = reader.next() {
            guard field.number == 1, case .data(let partial) = field.value else { continue }
            var inner = ProtobufReader(partial)
            while let field = inner.next() {
                switch (field.number, field.value) {
                case (1, .number(let count)): rejected = Int(clamping: count)
                case (2, .data(let text)): message = String(decoding: text, as: UTF8.self)
                default: break
                }
            }
        }
    }
}

/// Reads the fields of a message of Protocol Buffers; ends where one is not whole.
private struct ProtobufReader {
    enum Value {
        case number(UInt64)
        case data(ArraySlice<UInt8>)
        case other
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> (number: Int, value: Value)? {
        guard let tag = varint() else { return nil }
        let number = Int(clamping: tag >> 3)
        switch tag & 7 {
        case 0: return varint().map { (number, .number($0)) }
        case 1: return take(8).map { _ in (number, .other) }
        case 2:
            guard let count = varint(), let data = take(Int(clamping: count)) else { return nil }
            return (number, .data(data))
        case 5: return take(4).map { _ in (number, .other) }
        default: return nil
        }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}

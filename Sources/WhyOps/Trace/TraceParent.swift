/// The `traceparent` of a request, as W3C Trace Context has it: where the client's own tracing puts the call (TRC-47).
public struct TraceParent: Sendable, Hashable {
    /// Version, trace id, parent id and flags, in hexadecimal digits with hyphens between.
    public let text: String

    /// Reads the value of the header; `nil` where it is not valid, as several of one request are not (TRC-48).
    public init?(headerValue: String) {
        var bytes = Array(headerValue.utf8)
        while bytes.last == 0x20 || bytes.last == 0x09 { bytes.removeLast() }
        bytes = Array(bytes.drop { $0 == 0x20 || $0 == 0x09 })
        guard bytes.count >= Self.length else { return nil }
        for (place, byte) in bytes.prefix(Self.length).enumerated() {
            let isHyphen = place == 2 || place == 35 || place == 52
            guard isHyphen ? byte == 0x2D : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) else {
                return nil
            }
        }
        let isZero: (Range<Int>) -> Bool = { bytes[$0].allSatisfy { $0 == 0x30 } }
        guard !isZero(3..<35), !isZero(36..<52) else { return nil }
        let version = bytes[0..<2]
        guard !version.elementsEqual("ff".utf8) else { return nil }
        if bytes.count > Self.length {
            // A later version may have more, of which nothing is known.
            guard !version.elementsEqual("00".utf8), bytes[Self.length] == 0x2D else { return nil }
        }
        text = String(decoding: bytes.prefix(Self.length), as: UTF8.self)
    }

    /// Two digits of version, 32 of the trace, 16 of the parent, two of flags, and three hyphens.
    private static let length = 55
}

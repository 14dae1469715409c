/// The identity of a trace: 1 to 128 UTF-16 code units, chosen by the caller or minted by the proxy.
///
/// An id is an opaque text: it is compared byte by byte, never normalised, and means something only
/// inside one environment (TRC-1).
public struct TraceID: Hashable, Sendable {
    /// The most UTF-16 code units that an id may have.
    public static let maximumLength = 128

    /// The id as text.
    public let text: String

    /// Accepts any text of 1 to 128 UTF-16 code units, as event bodies may carry (TRC-1).
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf16.count <= Self.maximumLength else { return nil }
        self.text = text
    }

    /// Accepts the value of a trace header: trimmed, then 1 to 128 characters from U+0020 to U+007E (TRC-3).
    public init?(headerValue: String) {
        let bytes = headerValue.utf8.span
        var lower = 0
        var upper = bytes.count
        while lower < upper, bytes[lower] == 0x20 || bytes[lower] == 0x09 { lower += 1 }
        while upper > lower, bytes[upper - 1] == 0x20 || bytes[upper - 1] == 0x09 { upper -= 1 }
        guard lower < upper, upper - lower <= Self.maximumLength else { return nil }
        for offset in lower..<upper where !(0x20...0x7E).contains(bytes[offset]) { return nil }
        self.text = String(decoding: bytes.copy(lower..<upper), as: UTF8.self)
    }

    /// Accepts the payload of a signature: 1 to 128 bytes, each 0x21 to 0x7E (SIG-1).
    init?(signaturePayload bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= Self.maximumLength else { return nil }
        for byte in bytes where !(0x21...0x7E).contains(byte) { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    /// A new id: a lower-case UUID version 4 of 16 random bytes (TRC-9, RFC 9562).
    public init(random bytes: [16 of UInt8]) {
        var uuid: [UInt8] = []
        uuid.reserveCapacity(16)
        for position in 0..<16 { uuid.append(bytes[position]) }
        uuid[6] = uuid[6] & 0x0F | 0x40
        uuid[8] = uuid[8] & 0x3F | 0x80
        self.text = Self.text(ofUUID: uuid[...])
    }

    /// Byte by byte: `String` would take canonically equivalent spellings for the same (TRC-1).
    public static func == (left: TraceID, right: TraceID) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// Byte by byte, as `==`.
    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    /// Whether a signature can carry the id: every character from U+0021 to U+007E.
    public var isEmbeddable: Bool {
        let bytes = text.utf8.span
        for index in 0..<bytes.count where !(0x21...0x7E).contains(bytes[index]) { return false }
        return true
    }

    /// The 16 bytes of a canonical lower-case UUID; `nil` for any other id (SIG-16).
    var uuidBytes: [UInt8]? {
        let characters = text.utf8.span
        guard characters.count == 36 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var position = 0
        while position < 36 {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard characters[position] == UInt8(ascii: "-") else { return nil }
                position += 1
                continue
            }
            guard let high = characters[position].lowercaseHexDigitValue,
                let low = characters[position + 1].lowercaseHexDigitValue
            else { return nil }
            bytes.append(high << 4 | low)
            position += 2
        }
        return bytes
    }

    /// The canonical lower-case text of a UUID; `nil` for another count of bytes than 16.
    init?(uuid bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.text = Self.text(ofUUID: bytes)
    }

    private static func text(ofUUID bytes: ArraySlice<UInt8>) -> String {
        // 16 bytes are 32 digits, and four hyphens between them.
        unsafe String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for (position, byte) in bytes.prefix(16).enumerated() {
                if position == 4 || position == 6 || position == 8 || position == 10 {
                    unsafe text.initializeElement(at: place, to: UInt8(ascii: "-"))
                    place += 1
                }
                unsafe text.initializeElement(at: place, to: (byte >> 4).hexDigit)
                unsafe text.initializeElement(at: place + 1, to: (byte & 15).hexDigit)
                place += 2
            }
            return place
        }
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit in lower case.
    fileprivate var lowercaseHexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

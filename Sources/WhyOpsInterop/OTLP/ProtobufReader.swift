/// Where a message of Protocol Buffers is damaged, and how.
public struct ProtobufFault: Error, Hashable, Sendable {
    /// The byte, counted from 0.
    public let place: Int
    /// What is wrong there.
    public let message: String
}

/// Reads a message of Protocol Buffers field by field, in place; what is damaged is refused where it is.
struct ProtobufReader {
    /// What a field has, in one of the four forms that are in use.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// A text, bytes or a message.
        case data(Range<Int>)
    }

    struct Field {
        let number: Int
        let value: Value
        /// Where it begins.
        let place: Int
    }

    private let bytes: [UInt8]
    private var index: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        index = range.lowerBound
        end = range.upperBound
    }

    /// The next field; `nil` at the end of the message.
    mutating func next() throws(ProtobufFault) -> Field? {
        guard index < end else { return nil }
        let place = index
        let tag = try varint()
        guard let number = Int(exactly: tag >> 3), (1...536_870_911).contains(number) else {
            throw ProtobufFault(place: place, message: "there is no field of this number")
        }
        let value: Value
        switch tag & 7 {
        case 0: value = .varint(try varint())
        case 1: value = .fixed64(try fixed(8))
        case 2:
            let start = index
            let count = try varint()
            guard count <= UInt64(end - index) else {
                throw ProtobufFault(
                    place: start,
                    message: "\(count) bytes are said to follow, and there are \(end - index)"
                )
            }
            // The guard leaves no more than there is.
            value = .data(index..<index + Int(count))
            index += Int(count)
        case 5: value = .fixed32(UInt32(try fixed(4)))
        default: throw ProtobufFault(place: place, message: "a field has no form that is in use")
        }
        return Field(number: number, value: value, place: place)
    }

    private mutating func varint() throws(ProtobufFault) -> UInt64 {
        let start = index
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard index < end else { throw ProtobufFault(place: start, message: "a number breaks off") }
            let byte = bytes[index]
            index += 1
            // Of the tenth byte one bit has room.
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw ProtobufFault(place: start, message: "a number has more than 64 bits")
    }

    private mutating func fixed(_ count: Int) throws(ProtobufFault) -> UInt64 {
        guard end - index >= count else { throw ProtobufFault(place: index, message: "a number breaks off") }
        var value: UInt64 = 0
        for offset in 0..<count { value |= UInt64(bytes[index + offset]) << UInt64(8 * offset) }
        index += count
        return value
    }

    // MARK: What a field has to be

    private func wrong(_ field: Field) -> ProtobufFault {
        ProtobufFault(place: field.place, message: "field \(field.number) is of another kind here")
    }

    func message(_ field: Field) throws(ProtobufFault) -> ProtobufReader {
        guard case .data(let range) = field.value else { throw wrong(field) }
        return ProtobufReader(bytes, range)
    }

    func data(_ field: Field) throws(ProtobufFault) -> [UInt8] {
        guard case .data(let range) = field.value else { throw wrong(field) }
        return Array(bytes[range])
    }

    func text(_ field: Field) throws(ProtobufFault) -> String {
        guard case .data(let range) = field.value else { throw wrong(field) }
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw ProtobufFault(place: range.lowerBound, message: "a text is not in UTF-8")
        }
        return text
    }

    func number(_ field: Field) throws(ProtobufFault) -> UInt64 {
        guard case .varint(let number) = field.value else { throw wrong(field) }
        return number
    }

    func fixed64(_ field: Field) throws(ProtobufFault) -> UInt64 {
        guard case .fixed64(let number) = field.value else { throw wrong(field) }
        return number
    }
}

/// A part of a path or of a query, every byte encoded that is no letter, digit or one of `-_~`; also the dot, which alone
/// means something.
func pathText(_ text: String) -> String {
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

/// A query of the members that have a value, with its `?`; empty where none has.
func queryText(_ members: [(name: String, value: String?)]) -> String {
    let parts = members.compactMap { member in member.value.map { "\(member.name)=\(pathText($0))" } }
    return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
}

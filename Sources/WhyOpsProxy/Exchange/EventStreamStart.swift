/// How a body begins that is a stream of events whatever is said of it (PRX-222); no JSON begins so.
enum EventStreamStart {
    /// Of how many bytes the longest beginning is.
    static let longest = 6

    /// Whether the body has begun so; with fewer bytes than that more may have to come.
    static func isThere(in body: [UInt8]) -> Bool {
        switch body.first {
        case UInt8(ascii: ":"): true
        case UInt8(ascii: "d"): body.starts(with: "data:".utf8)
        case UInt8(ascii: "e"): body.starts(with: "event:".utf8)
        case UInt8(ascii: "i"): body.starts(with: "id:".utf8)
        case UInt8(ascii: "r"): body.starts(with: "retry:".utf8)
        default: false
        }
    }
}

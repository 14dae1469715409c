/// How a request's body is encoded, of the ways that can be read.
enum BodyEncoding: Sendable, Hashable {
    case identity, gzip

    /// - Returns: `nil` for an encoding that is not known here, and for several at once.
    init?(header: String?) {
        switch header?.loweredHeader {
        case nil, "", "identity": self = .identity
        case "gzip", "x-gzip": self = .gzip
        default: return nil
        }
    }
}

/// The body that was asked for, or why there is none.
enum CollectedBody: Sendable {
    /// Decoded.
    case whole([UInt8])
    /// Longer than the limit, as it came or decoded.
    case tooLong
    /// Not what its encoding wants.
    case damaged
}

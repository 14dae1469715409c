import CPQ

extension DatabaseError {
    /// What a connection says of what failed on it.
    ///
    /// - Parameter result: `nil` where there is none, because the connection is lost.
    init(_ handle: OpaquePointer?, _ result: OpaquePointer?) {
        let field = result.flatMap { PQresultErrorField($0, Int32(UInt8(ascii: "C"))) }
        let primary = result.flatMap { PQresultErrorField($0, Int32(UInt8(ascii: "M"))) }
        let code = field.map { String(cString: $0) } ?? ""
        // Without a server's own word libpq says why; it never names the password.
        let message =
            primary.map { String(cString: $0) } ?? PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let isLost = code.isEmpty || PQstatus(handle) != CONNECTION_OK
        self.init(
            kind: isLost ? .lost : Self.kind(ofState: code),
            code: code,
            message: message.split(separator: "\n").first.map { String($0) } ?? ""
        )
    }

    /// What SQLSTATE means for who wrote or read.
    static func kind(ofState state: String) -> Kind {
        switch state {
        case "23505": .duplicate
        case "40001", "40P01": .collision
        case "55P03": .busy
        case "57014": .interrupted
        // A server that stops, starts, or does not write any more: another one may be in its place.
        case "57P01", "57P02", "57P03", "57P05", "25P03", "25006": .lost
        default:
            switch state.prefix(2) {
            case "22", "23", "54": .rule
            case "08": .lost
            default: .other
            }
        }
    }
}

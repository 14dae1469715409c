/// A part of a file that is one JSON value.
package struct PayloadText: Hashable, Sendable {
    package let bytes: [UInt8]
    /// Its number in the array around it, from 0; `nil` where there is none.
    package let item: Int?
    /// Where it begins.
    let start: TextPosition

    /// The place of one of its bytes in the file.
    package func place(of offset: Int) -> TextPlace { start.place(of: offset, in: bytes) }
}

/// What a reader of a file comes by.
package enum PayloadPiece: Hashable, Sendable {
    case text(PayloadText)
    /// What stands between the values is not what JSON asks for, or a value is too long.
    case fault(rule: String, message: String, place: TextPlace)
}

/// How the values of a file stand in it.
package enum PayloadLayout: String, CaseIterable, Sendable {
    /// One value in all, or the items of one array.
    case value
    /// One value a line (NDJSON).
    case lines
    /// Lines where the first line is a value and others follow it.
    case auto
}

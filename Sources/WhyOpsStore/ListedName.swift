/// A name as lists have it: what is longer than the rules allow (EVT-54) is cut, with a mark.
enum ListedName {
    /// UTF-16 code units.
    static let maximum = 255
    /// What stands at the end of a name that was cut.
    static let mark = "\u{2026}"

    /// The name, or its beginning and the mark; `nil` for a text with U+0000, which is no name: where it is read again it would
    /// end there.
    static func of(_ text: String?) -> String? {
        guard let text, !text.utf8.contains(0) else { return nil }
        // No text has more code units than bytes.
        if text.utf8.count <= maximum || text.utf16.count <= maximum { return text }
        var beginning = String.UnicodeScalarView()
        var units = 1
        for scalar in text.unicodeScalars {
            units += scalar.value > 0xFFFF ? 2 : 1
            if units > maximum { break }
            beginning.append(scalar)
        }
        return String(beginning) + mark
    }

    /// The same of a column, in the words of both engines.
    static func sql(_ column: String) -> String {
        "CASE WHEN length(\(column)) > \(maximum) THEN substr(\(column), 1, \(maximum - 1)) || '\(mark)' ELSE \(column) END"
    }
}

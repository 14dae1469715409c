/// A text that descriptions, dumps and logs do not show.
struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    let text: String

    var description: String { "(hidden)" }
    var customMirror: Mirror { Mirror(self, children: [:]) }

    /// Whether a header can carry it: printable ASCII without spaces.
    var isUsable: Bool { !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } }

    /// A text of others, at most 500 characters of it, without the secret.
    func hidden(in other: String) -> String {
        var clean = other
        if !text.isEmpty {
            clean = other.split(separator: text, omittingEmptySubsequences: false).joined(separator: "(hidden)")
        }
        return String(clean.prefix(500))
    }
}

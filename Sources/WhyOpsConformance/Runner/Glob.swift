/// A pattern of ids: `*` stands for any characters, `?` for one, everything else for itself.
package struct Glob: Sendable, Equatable {
    package let pattern: String

    package init(_ pattern: String) {
        self.pattern = pattern
    }

    /// - Complexity: O(n · m) at worst.
    package func matches(_ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
        var (place, offset) = (0, 0)
        var retry: (place: Int, offset: Int)?
        while offset < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                retry = (place, offset)
                place += 1
            } else if place < pattern.count, pattern[place] == text[offset] || pattern[place] == UInt8(ascii: "?") {
                place += 1
                offset += 1
            } else if let (star, from) = retry {
                retry = (star, from + 1)
                place = star + 1
                offset = from + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

/// A text that equals another one byte by byte: `String` takes two spellings of the same characters, such as an accented
/// letter in one scalar and in two, for one text, and names of clients are never normalised (EVT-6).
package struct ExactText: Hashable, Comparable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func == (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        // So that of two texts beside each other neither can take a part of the other.
        hasher.combine(0xFF as UInt8)
    }
}

/// Compares a reply before and after a frame was put in.
enum FrameInsertions {
    /// How many strings of a JSON text gained the frame; `nil` where anything else changed.
    ///
    /// - Complexity: O(n).
    static func count(from before: [UInt8], to after: [UInt8], frame: [UInt8]) -> Int? {
        let (old, new) = (pieces(before), pieces(after))
        guard old.count == new.count else { return nil }
        var count = 0
        for (one, other) in zip(old, new) where !one.elementsEqual(other) {
            guard holds(frame, putInto: one, giving: other) else { return nil }
            count += 1
        }
        return count
    }

    /// The text in pieces: what stands between strings, and the insides of strings, in turn.
    private static func pieces(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        var inString = false
        var offset = 0
        while offset < text.count {
            if inString, text[offset] == UInt8(ascii: "\\") {
                offset += 2
                continue
            }
            if text[offset] == UInt8(ascii: "\"") {
                pieces.append(text[start..<offset])
                start = offset + 1
                inString.toggle()
            }
            offset += 1
        }
        return pieces + [text[min(start, text.count)...]]
    }

    /// Whether a piece is another with a spelling of the frame at one place.
    private static func holds(
        _ frame: [UInt8],
        putInto before: ArraySlice<UInt8>,
        giving after: ArraySlice<UInt8>
    ) -> Bool {
        let length = after.count - before.count
        guard length > 0 else { return false }
        let prefix = zip(before, after).prefix { $0 == $1 }.count
        let suffix = zip(before.reversed(), after.reversed()).prefix { $0 == $1 }.count
        guard prefix + suffix >= before.count else { return false }
        return (before.count - suffix...prefix).contains { place in
            let start = after.startIndex + place
            return JSON([0x22] + after[start..<start + length] + [0x22])?.bytes == frame
        }
    }
}

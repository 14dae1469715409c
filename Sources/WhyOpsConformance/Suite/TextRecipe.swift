/// The generators of long texts (`Conformance/README.md`).
enum TextRecipe {
    /// The text; `nil` for a recipe that no generator knows.
    static func make(_ recipe: JSON) -> [UInt8]? {
        let alphabet = recipe["alphabet"]?.array.compactMap(\.bytes) ?? []
        guard let seed = recipe["seed"]?.integer, let size = recipe["minimumBytes"]?.integer, !alphabet.isEmpty else {
            return nil
        }
        if let turns = recipe["turns"]?.integer { return history(recipe, turns, alphabet, seed, size) }
        let inserts = recipe["insert"]?.array.map { ($0["token"]?.integer, $0["text"]?.bytes ?? []) } ?? []
        return tokens(alphabet, seed, size, inserts)
    }

    /// Generator `lcg32-tokens-v1`.
    private static func tokens(
        _ alphabet: [[UInt8]],
        _ seed: Int,
        _ size: Int,
        _ inserts: [(Int?, [UInt8])]
    ) -> [UInt8] {
        var state = UInt32(truncatingIfNeeded: seed)
        var text: [UInt8] = []
        var count = 0
        var token = 0
        while true {
            for (place, insert) in inserts where place == token { text += insert }
            if count >= size { return text }
            // The generator is defined modulo 2^32.
            state = state &* 1_664_525 &+ 1_013_904_223
            let piece = alphabet[Int(state >> 16) % alphabet.count]
            text += piece
            // An empty token would make no progress.
            count += max(piece.count, 1)
            token += 1
        }
    }

    /// Generator `history-v1`: an array of messages as JSON without spaces, non-ASCII raw.
    private static func history(
        _ recipe: JSON,
        _ turns: Int,
        _ alphabet: [[UInt8]],
        _ seed: Int,
        _ size: Int
    ) -> [UInt8] {
        var json: [UInt8] = [UInt8(ascii: "[")]
        for turn in 0..<turns {
            if turn > 0 { json.append(UInt8(ascii: ",")) }
            json += "{\"role\":\"\(turn % 2 == 0 ? "user" : "assistant")\",\"content\":\"".utf8
            let frame = recipe["signatures"]?[String(turn)]?.bytes ?? []
            for byte in tokens(alphabet, seed + turn, size, []) + frame {
                switch byte {
                case 0x0A: json += [0x5C, 0x6E]
                case 0x22, 0x5C: json += [0x5C, byte]
                default: json.append(byte)
                }
            }
            json += "\"}".utf8
        }
        return json + [UInt8(ascii: "]")]
    }
}

/// A text of a vector file: a string, or a recipe for one (`Conformance/README.md`).
enum TextValue {
    /// The bytes of the text; `nil` for null and for what is no text.
    static func bytes(_ value: JSON?) -> [UInt8]? {
        switch value {
        case .string(let bytes): return bytes
        case .object: break
        default: return nil
        }
        if let hex = value?["hex"]?.bytes { return hexBytes(hex) }
        if let inside = escaped(value) { return JSON([0x22] + inside + [0x22])?.bytes }
        if let piece = bytes(value?["repeat"]), let times = value?["times"]?.integer {
            return Array(repeatElement(piece, count: times).joined())
        }
        if let parts = value?["concat"]?.array, !parts.isEmpty { return parts.flatMap { bytes($0) ?? [] } }
        if let recipe = value?["recipe"] { return make(recipe) }
        if let whole = bytes(value?["cut"]), let ranges = value?["ranges"]?.array { return cut(whole, ranges) }
        return nil
    }

    /// The inside of a JSON string, where the text is given so.
    static func escaped(_ value: JSON?) -> [UInt8]? { value?["escaped"]?.bytes }

    private static func hexBytes(_ digits: [UInt8]) -> [UInt8] {
        stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    private static func cut(_ text: [UInt8], _ ranges: [JSON]) -> [UInt8] {
        var result: [UInt8] = []
        var offset = 0
        for range in ranges.map(\.array) {
            guard let start = range.first?.integer, let length = range.last?.integer else { continue }
            result += text[offset..<start]
            offset = start + length
        }
        return result + text[offset...]
    }

    private static func make(_ recipe: JSON) -> [UInt8]? {
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
        var state = UInt32(seed)
        var text: [UInt8] = []
        var count = 0
        var token = 0
        while true {
            for (place, insert) in inserts where place == token { text += insert }
            if count >= size { return text }
            state = state &* 1_664_525 &+ 1_013_904_223
            let piece = alphabet[Int(state >> 16) % alphabet.count]
            text += piece
            count += piece.count
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

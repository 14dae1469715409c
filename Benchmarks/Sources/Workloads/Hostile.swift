/// Texts that ask for more work than their size, if anything can.
public enum Hostile: String, CaseIterable, Sendable {
    case nesting, quotes, backslashes, backslashPairs
    case starts, starters, bits, ends, cutFrames, nestedFrames, selectorRuns, bareRuns, surrogates
    case brokenUTF8, whiteSpace, members

    /// About `size` bytes; the inside of a JSON string or, where `isValue`, a JSON value.
    public func text(_ size: Int) -> [UInt8] {
        let piece = Array(self.piece.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(size + piece.count)
        switch self {
        case .nestedFrames:
            // Frames inside frames inside frames: taking out one makes the next one whole.
            let half = size / 2 / 51
            for _ in 0..<half { text += "\u{200B}\u{200D}\u{200C}\u{200C}\u{200D}".utf8 }
            for _ in 0..<half { text += "\u{200D}\u{200D}\u{200D}\u{200C}\u{200E}".utf8 }
        case .brokenUTF8:
            while text.count < size { text += [0xE6, 0x97, 0xF0, 0x9F, 0x98, 0xC3] }
        default:
            while text.count < size { text += piece }
        }
        if isValue {
            if text.last == UInt8(ascii: ",") { text.removeLast() }
            text = Array((self == .members ? "{" : "[").utf8) + text + Array((self == .members ? "}" : "]").utf8)
        }
        return text
    }

    /// Whether the text is a JSON value rather than the inside of a string.
    public var isValue: Bool {
        switch self {
        case .nesting, .quotes, .whiteSpace, .members: true
        default: false
        }
    }

    private var piece: String {
        switch self {
        case .nesting: String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + ","
        case .quotes: "\"\","
        case .backslashes: "\\\\"
        case .backslashPairs: "\\\"\\\\\\u200" + "B"
        case .starts: "\u{200B}"
        case .starters: "\u{200B}\u{2060}"
        case .bits: "\u{200B}\u{200C}\u{200D}\u{200C}\u{200D}"
        case .ends: "\u{200E}"
        case .cutFrames:
            "\u{200B}"
                + String(repeating: "\u{200D}\u{200C}\u{200C}\u{200D}\u{200D}\u{200D}\u{200D}\u{200C}", count: 40)
        case .nestedFrames, .brokenUTF8: ""
        case .selectorRuns: "\u{2060}" + String(repeating: "\u{E01D7}\u{FE00}", count: 60)
        case .bareRuns: "x\u{E01D7}\u{FE00}" + String(repeating: "\u{FE01}", count: 24)
        case .surrogates: "\\ud800\\udb40"
        case .whiteSpace: " \n\t\r1,"
        case .members: "\"role\":\"\\u0061\","
        }
    }
}

/// Streams that do the same.
public enum HostileStream: String, CaseIterable, Sendable {
    case smallEvents, comments, lineEnds, manyLines, spaces, oneEvent

    /// About `size` bytes of a chat stream.
    public func text(_ size: Int) -> [UInt8] {
        let piece =
            switch self {
            case .smallEvents: "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
            case .comments: ":\n"
            case .lineEnds: "\r\n\r"
            case .manyLines: "data: {\"choices\":[\ndata: {\"index\":0,\ndata: \"delta\":{\"content\":\" \"}}]}\r\r"
            case .spaces: "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" \\n \"}}]}\n\n"
            case .oneEvent: "data: x\n"
            }
        let bytes = Array(piece.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(size + bytes.count)
        while text.count < size { text += bytes }
        return text
    }
}

/// What the text of a request or reply is made of.
public enum Script: String, CaseIterable, Sendable {
    case ascii, cjk, emoji, persian, base64
    /// English with quotes, line ends and `\u` escapes, as JSON encoders write source code and non-ASCII text.
    case escaped

    /// A piece of text as it stands between the quotes of a JSON string, without frames.
    var piece: String {
        switch self {
        case .ascii:
            "The order left the warehouse this morning; it should arrive on Friday. \\\"Thanks\\\", she wrote.\\n"
        case .cjk: "注文は今朝倉庫を出ました。金曜日に届く予定です。货物今天早上离开仓库，预计周五到达。"
        case .emoji:
            "\u{1F469}\u{200D}\u{1F4BB} ships \u{1F4E6}\u{1F69A} on time \u{2764}\u{FE0F}\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} "
        case .persian: "سفارش امروز صبح از انبار خارج شد و می\u{200C}تواند جمعه برسد. "
        case .base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        case .escaped:
            "if (a[\\\"id\\\"] == b) {\\n\\treturn \\\"caf\\u00e9 \\u65e5\\u672c\\\";\\n}\\r\\n\\\\d+ \\/ path\\\\to\\n"
        }
    }

    /// About `size` bytes of text, the inside of a JSON string.
    public func text(_ size: Int) -> [UInt8] {
        let piece = Array(self.piece.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(size + piece.count)
        while text.count < size { text += piece }
        return text
    }
}

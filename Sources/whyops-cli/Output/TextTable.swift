import WhyOpsCommand

/// Rows for a person on a terminal, in columns and no wider than it; elsewhere a line each, with a tab between the values.
struct TextTable {
    enum Tone { case plain, faint, bad }

    struct Cell {
        let text: String
        var tone = Tone.plain

        init(_ text: String?, _ tone: Tone = .plain) {
            self.text = whyops_cli.plain(text ?? "-")
            self.tone = tone
        }
    }

    private let heads: [String]
    private var rows: [[Cell]] = []

    /// - Parameter heads: the columns' names, which only terminals show; none for rows without. What is too wide for them is cut from the last one.
    init(_ heads: String...) {
        self.heads = heads
    }

    mutating func add(_ row: Cell...) { rows.append(row) }

    func print() {
        guard let width = Terminal.width else {
            for row in rows { Terminal.out(row.map(\.text).joined(separator: "\t")) }
            return
        }
        guard let first = rows.first else { return }
        let head = heads.map { Cell($0, .faint) }
        let shown = head.isEmpty ? rows : [head] + rows
        let widths = first.indices.map { column in shown.map { $0[column].text.displayWidth }.max() ?? 0 }
        if !head.isEmpty { Terminal.out(line(head, widths, width)) }
        for row in rows { Terminal.out(line(row, widths, width)) }
    }

    private func line(_ row: [Cell], _ widths: [Int], _ width: Int) -> String {
        var left = width
        var line = ""
        for (column, cell) in row.enumerated() where left > 0 {
            let text = cell.text.cut(to: column == row.count - 1 ? left : min(left, widths[column]))
            line += Self.coloured(text, cell.tone)
            left -= widths[column] + 2
            guard left > 0, column < row.count - 1 else { break }
            line += String(repeating: " ", count: max(0, widths[column] - text.displayWidth) + 2)
        }
        return line
    }

    static func coloured(_ text: String, _ tone: Tone) -> String {
        guard Terminal.hasColour else { return text }
        switch tone {
        case .plain: return text
        case .faint: return "\u{1B}[2m\(text)\u{1B}[0m"
        case .bad: return "\u{1B}[31m\(text)\u{1B}[0m"
        }
    }
}

extension String {
    /// Columns of a terminal, as most of them count: two for each character of East Asia and each emoji, none for marks.
    var displayWidth: Int { unicodeScalars.reduce(0) { $0 + Self.width(of: $1) } }

    /// The text, or as much as fits with an ellipsis behind it.
    func cut(to width: Int) -> String {
        if displayWidth <= width { return self }
        var left = width - 1
        var cut = ""
        for scalar in unicodeScalars {
            left -= Self.width(of: scalar)
            if left < 0 { break }
            cut.unicodeScalars.append(scalar)
        }
        return width > 0 ? cut + "\u{2026}" : ""
    }

    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

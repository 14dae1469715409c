/// Statements as PostgreSQL takes them.
enum PostgresText {
    /// Writes `?` and `?1` as `$1`; what stands in quotes stays.
    static func numbered(_ sql: String) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(sql.utf8.count + 16)
        var last = 0
        var quote: UInt8?
        var bytes = sql.utf8.makeIterator()
        var next = bytes.next()
        while let byte = next {
            next = bytes.next()
            if let end = quote {
                if byte == end { quote = nil }
                text.append(byte)
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
                text.append(byte)
            } else if byte == UInt8(ascii: "?") {
                var number = 0
                while let digit = next, (0x30...0x39).contains(digit) {
                    number = number * 10 + Int(digit - 0x30)
                    next = bytes.next()
                }
                if number == 0 { number = last + 1 }
                last = max(last, number)
                text += Array("$\(number)".utf8)
            } else {
                text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension PostgresText {
    /// An array of texts as one text.
    static func array(_ items: [String]) -> String {
        var text = "{"
        for (place, item) in items.enumerated() {
            if place > 0 { text += "," }
            text += "\""
            for scalar in item.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { text += "\\" }
                text.unicodeScalars.append(scalar)
            }
            text += "\""
        }
        return text + "}"
    }
}

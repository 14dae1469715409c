/// Where the words of a JSON text end: strings, numbers, `true`, `false` and `null`.
enum JSONTokens {
    /// The byte after the closing quote.
    @inline(__always)
    static func endOfString(
        _ bytes: Span<UInt8>,
        from start: Int,
        end: Int,
        _ traits: inout JSONTape.Traits
    ) throws(JSONFault) -> Int {
        var search = TextSearch()
        var hasEscape = false
        var offset = start
        while true {
            offset = search.end(bytes, from: offset, end: end)
            guard offset < end else { throw JSONFault(.unexpectedEnd, at: end) }
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                if !search.isWide, !hasEscape { traits.insert(.plain) }
                if search.mayHoldFrame { traits.insert(.mayHoldFrame) }
                return offset + 1
            case UInt8(ascii: "\\"):
                hasEscape = true
                if offset < end - 1, bytes[offset + 1].isShortEscape {
                    offset += 2
                    continue
                }
                try checkUnicodeEscape(bytes, at: offset, end: end)
                search.noteEscape(bytes, offset)
                offset += 6
            case 0..<0x20:
                throw JSONFault(.controlCharacter, at: offset)
            case 0x80...:
                let length = UTF8Sequence.length(at: offset, limit: end, in: bytes)
                guard length > 0 else { throw JSONFault(.invalidUTF8, at: offset) }
                search.note(bytes, offset, length: length)
                offset += length
            default:
                offset += 1
            }
        }
    }

    /// A backslash that starts none of the short escapes has to start `\uXXXX`.
    static func checkUnicodeEscape(_ bytes: Span<UInt8>, at start: Int, end: Int) throws(JSONFault) {
        guard start + 1 < end else { throw JSONFault(.unexpectedEnd, at: end) }
        guard bytes[start + 1] == UInt8(ascii: "u") else { throw JSONFault(.invalidEscape, at: start + 1) }
        for position in start + 2..<start + 6 {
            guard position < end else { throw JSONFault(.unexpectedEnd, at: end) }
            guard bytes[position].hexDigitValue != nil else { throw JSONFault(.invalidEscape, at: position) }
        }
    }

    /// The byte after `-? int frac? exp?`.
    static func endOfNumber(_ bytes: Span<UInt8>, from start: Int, end: Int) throws(JSONFault) -> Int {
        var offset = start
        func isDigit(_ offset: Int) -> Bool {
            offset < end && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset])
        }
        func digits(_ offset: inout Int) throws(JSONFault) {
            guard isDigit(offset) else {
                throw JSONFault(offset < end ? .invalidNumber : .unexpectedEnd, at: offset)
            }
            while isDigit(offset) { offset += 1 }
        }
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        if isDigit(offset), bytes[offset] == UInt8(ascii: "0") {
            offset += 1
            if isDigit(offset) { throw JSONFault(.invalidNumber, at: offset) }
        } else {
            try digits(&offset)
        }
        if offset < end, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            try digits(&offset)
        }
        if offset < end, bytes[offset] == UInt8(ascii: "e") || bytes[offset] == UInt8(ascii: "E") {
            offset += 1
            if offset < end, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") { offset += 1 }
            try digits(&offset)
        }
        return offset
    }

    /// The byte after one of the three words.
    static func endOfLiteral(
        _ text: StaticString,
        _ bytes: Span<UInt8>,
        from start: Int,
        end: Int
    ) throws(JSONFault) -> Int {
        let length = text.utf8CodeUnitCount
        for position in 0..<length {
            guard start + position < end else { throw JSONFault(.unexpectedEnd, at: end) }
            let wanted = text.withUTF8Buffer { unsafe $0[position] }
            guard bytes[start + position] == wanted else { throw JSONFault(.unexpectedByte, at: start + position) }
        }
        return start + length
    }
}

extension UInt8 {
    /// Whether the byte makes an escape of two bytes after a backslash.
    var isShortEscape: Bool {
        switch self {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            true
        default: false
        }
    }

    /// RFC 8259 white space.
    var isJSONSpace: Bool {
        self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09
    }
}

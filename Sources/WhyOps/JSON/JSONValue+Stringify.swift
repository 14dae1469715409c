// ECMA-262's `JSON.stringify`, byte for byte, where it differs from copying the bytes that came.

extension JSONValue {
    /// A string as `JSON.stringify` writes it, quotes included; lone surrogates as `\udxxx`. `nil` for anything else.
    ///
    /// It reads the text as it is spelled, since a lone surrogate is lost as soon as the text is decoded.
    package var stringifiedString: [UInt8]? {
        guard kind == .string else { return nil }
        var result: [UInt8] = [UInt8(ascii: "\"")]
        document.tape.appendStringified(index, in: document.bytes.span, to: &result)
        result.append(UInt8(ascii: "\""))
        return result
    }

    /// The value without white space, its strings as `JSON.stringify` writes them; numbers keep their spelling and
    /// members their order.
    package var compact: [UInt8] {
        var result: [UInt8] = []
        document.tape.appendCompact(index, in: document.bytes.span, to: &result)
        return result
    }
}

extension JSONTape {
    fileprivate func appendStringified(_ index: Index, in bytes: Span<UInt8>, to result: inout [UInt8]) {
        var cursor = TextCursor(contentRange(index), escapes: !isPlain(index))
        while let unit = cursor.next(in: bytes) {
            if unit.isLoneHighSurrogate || unit.isLoneLowSurrogate {
                result.append(contentsOf: "\\u".utf8)
                for shift: UInt32 in [12, 8, 4, 0] { result.append(UInt8(unit.scalar >> shift & 15).hexDigit) }
            } else if unit.scalar < 0x80 {
                result.appendEscaped(UInt8(unit.scalar))
            } else {
                result.appendUTF8(unit.scalar)
            }
        }
    }

    fileprivate func appendCompact(_ index: Index, in bytes: Span<UInt8>, to result: inout [UInt8]) {
        switch kind(index) {
        case .string:
            result.append(UInt8(ascii: "\""))
            appendStringified(index, in: bytes, to: &result)
            result.append(UInt8(ascii: "\""))
        case .object, .array:
            let isObject = kind(index) == .object
            result.append(UInt8(ascii: isObject ? "{" : "["))
            var position = index + 1
            let end = next(index)
            while position < end {
                if position > index + 1 { result.append(UInt8(ascii: ",")) }
                if isObject {
                    appendCompact(position, in: bytes, to: &result)
                    result.append(UInt8(ascii: ":"))
                    position += 1
                }
                // The scanner's depth limit bounds the recursion.
                appendCompact(position, in: bytes, to: &result)
                position = next(position)
            }
            result.append(UInt8(ascii: isObject ? "}" : "]"))
        case .number, .true, .false, .null:
            result.append(contentsOf: slice(index, in: bytes))
        }
    }
}

// Scanning a JSON text into a tape: RFC 8259, one pass, no recursion.

extension JSONTape {
    /// The state between two bytes of structure.
    private enum Expectation {
        case value, firstItemOrEnd, firstNameOrEnd, name, colon, commaOrEnd, nothing
    }

    /// Scans the JSON text in a range of bytes, replacing what the tape held but keeping its storage.
    ///
    /// Offsets in the tape and in faults count from the start of `bytes`.
    package mutating func scan(
        _ bytes: Span<UInt8>,
        in range: Range<Int>,
        limits: JSONLimits
    ) throws(JSONFault) {
        entries.removeAll(keepingCapacity: true)
        // JSON-3: places are 32-bit numbers.
        guard UInt32(exactly: range.upperBound) != nil else { throw JSONFault(.tooLong, at: range.lowerBound) }
        var offset = range.lowerBound
        let end = range.upperBound
        var expected = Expectation.value
        var depth = 0
        /// The innermost open container, `UInt32.max` outside all.
        var parent = UInt32.max

        while true {
            while offset < end, bytes[offset].isJSONSpace { offset += 1 }
            guard offset < end else {
                if expected == .nothing { return }
                throw JSONFault(.unexpectedEnd, at: offset)
            }
            let byte = bytes[offset]

            switch expected {
            case .nothing:
                throw JSONFault(.trailingBytes, at: offset)
            case .colon:
                guard byte == UInt8(ascii: ":") else { throw JSONFault(.unexpectedByte, at: offset) }
                offset += 1
                expected = .value
                continue
            case .commaOrEnd:
                if byte == UInt8(ascii: ",") {
                    offset += 1
                    expected = entries[Int(parent)].kind == .object ? .name : .value
                    continue
                }
                try close(byte, at: offset, &parent, &depth, &expected)
                offset += 1
                continue
            case .firstItemOrEnd where byte == UInt8(ascii: "]"),
                .firstNameOrEnd where byte == UInt8(ascii: "}"):
                try close(byte, at: offset, &parent, &depth, &expected)
                offset += 1
                continue
            case .name, .firstNameOrEnd, .value, .firstItemOrEnd:
                break
            }

            // JSON-13: limits come before the byte itself.
            guard entries.count < limits.values else { throw JSONFault(.tooManyValues, at: offset) }
            let isName = expected == .name || expected == .firstNameOrEnd
            if isName, byte != UInt8(ascii: "\"") { throw JSONFault(.unexpectedByte, at: offset) }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < limits.depth else { throw JSONFault(.tooDeep, at: offset) }
                depth += 1
                let isObject = byte == UInt8(ascii: "{")
                append(isObject ? .object : .array, offset, offset + 1, next: parent)
                parent = UInt32(entries.count - 1)
                offset += 1
                expected = isObject ? .firstNameOrEnd : .firstItemOrEnd
                continue
            case UInt8(ascii: "\""):
                let start = offset
                var isPlain = true
                offset = try Self.endOfString(bytes, from: offset + 1, end: end, isPlain: &isPlain)
                append(.string, start, offset, isPlain: isPlain, isName: isName)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = offset
                offset = try Self.endOfNumber(bytes, from: offset, end: end)
                append(.number, start, offset)
            case UInt8(ascii: "t"):
                offset = try literal("true", .true, bytes, offset, end)
            case UInt8(ascii: "f"):
                offset = try literal("false", .false, bytes, offset, end)
            case UInt8(ascii: "n"):
                offset = try literal("null", .null, bytes, offset, end)
            default:
                throw JSONFault(.unexpectedByte, at: offset)
            }
            expected = isName ? .colon : (parent == .max ? .nothing : .commaOrEnd)
        }
    }

    private mutating func append(
        _ kind: Kind,
        _ start: Int,
        _ end: Int,
        isPlain: Bool = true,
        isName: Bool = false,
        next: UInt32? = nil
    ) {
        // `scan` has checked that every offset fits, and a text has fewer values than bytes.
        entries.append(
            Entry(
                kind: kind,
                isPlain: isPlain,
                isName: isName,
                start: UInt32(truncatingIfNeeded: start),
                end: UInt32(truncatingIfNeeded: end),
                next: next ?? UInt32(truncatingIfNeeded: entries.count + 1)
            )
        )
    }

    private mutating func close(
        _ byte: UInt8,
        at offset: Int,
        _ parent: inout UInt32,
        _ depth: inout Int,
        _ expected: inout Expectation
    ) throws(JSONFault) {
        let index = Int(parent)
        let bracket = entries[index].kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")
        guard byte == bracket else { throw JSONFault(.unexpectedByte, at: offset) }
        parent = entries[index].next
        entries[index].next = UInt32(truncatingIfNeeded: entries.count)
        entries[index].end = UInt32(truncatingIfNeeded: offset + 1)
        depth -= 1
        expected = parent == .max ? .nothing : .commaOrEnd
    }

    private mutating func literal(
        _ text: StaticString,
        _ kind: Kind,
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ end: Int
    ) throws(JSONFault) -> Int {
        let length = text.utf8CodeUnitCount
        for position in 0..<length {
            guard start + position < end else { throw JSONFault(.unexpectedEnd, at: end) }
            let wanted = text.withUTF8Buffer { unsafe $0[position] }
            guard bytes[start + position] == wanted else { throw JSONFault(.unexpectedByte, at: start + position) }
        }
        append(kind, start, start + length)
        return start + length
    }

    /// The byte after the closing quote.
    private static func endOfString(
        _ bytes: Span<UInt8>,
        from start: Int,
        end: Int,
        isPlain: inout Bool
    ) throws(JSONFault) -> Int {
        var offset = start
        while offset < end {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                return offset + 1
            case UInt8(ascii: "\\"):
                isPlain = false
                offset = try endOfEscape(bytes, from: offset, end: end)
            case 0..<0x20:
                throw JSONFault(.controlCharacter, at: offset)
            case 0x80...:
                isPlain = false
                let length = UTF8Sequence.length(at: offset, limit: end, in: bytes)
                guard length > 0 else { throw JSONFault(.invalidUTF8, at: offset) }
                offset += length
            default:
                offset = ByteSearch.endOfPlainText(bytes, from: offset + 1, end: end)
            }
        }
        throw JSONFault(.unexpectedEnd, at: end)
    }

    private static func endOfEscape(_ bytes: Span<UInt8>, from start: Int, end: Int) throws(JSONFault) -> Int {
        guard start + 1 < end else { throw JSONFault(.unexpectedEnd, at: end) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            for position in start + 2..<start + 6 {
                guard position < end else { throw JSONFault(.unexpectedEnd, at: end) }
                guard bytes[position].hexDigitValue != nil else { throw JSONFault(.invalidEscape, at: position) }
            }
            return start + 6
        default:
            throw JSONFault(.invalidEscape, at: start + 1)
        }
    }

    /// The byte after `-? int frac? exp?`.
    private static func endOfNumber(_ bytes: Span<UInt8>, from start: Int, end: Int) throws(JSONFault) -> Int {
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
}

extension UInt8 {
    /// RFC 8259 white space.
    var isJSONSpace: Bool {
        self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09
    }
}

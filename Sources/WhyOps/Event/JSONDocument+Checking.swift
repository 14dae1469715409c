// What the rules ask of a value, answered from the tape without decoding the text.

extension JSONDocument {
    /// Whether a value is a string with this ASCII text.
    func isString(_ index: JSONTape.Index, _ text: StaticString) -> Bool {
        tape.isString(index, text, in: bytes.span)
    }

    /// The value of a member; the last where the name occurs twice.
    func member(_ name: StaticString, of object: JSONTape.Index) -> JSONTape.Index? {
        tape.member(name, of: object, in: bytes.span)
    }

    /// As `member`, but `null` counts as absent (EVT-31).
    func something(_ name: StaticString, of object: JSONTape.Index) -> JSONTape.Index? {
        guard let value = member(name, of: object), tape.kind(value) != .null else { return nil }
        return value
    }

    /// Whether a value is a string of at least one character.
    func isText(_ index: JSONTape.Index?) -> Bool {
        guard let index, tape.kind(index) == .string else { return false }
        return !tape.contentRange(index).isEmpty
    }

    /// The length of a string in UTF-16 code units if it is over a maximum, else `nil`.
    func length(of string: JSONTape.Index, over maximum: Int) -> Int? {
        let content = tape.contentRange(string)
        // No spelling of a code unit is shorter than a byte.
        guard content.count > maximum else { return nil }
        var length = content.count
        if !tape.isPlain(string) {
            length = 0
            let span = bytes.span
            var cursor = TextCursor(content, escapes: true)
            while let unit = cursor.next(in: span) { length += unit.scalar >= 0x10000 ? 2 : 1 }
        }
        return length > maximum ? length : nil
    }

    /// Whether a string holds U+0000, which JSON can only spell as an escape.
    func holdsNul(_ string: JSONTape.Index) -> Bool {
        guard !tape.isPlain(string) else { return false }
        let span = bytes.span
        let content = tape.contentRange(string)
        var offset = ByteSearch.backslash(span, from: content.lowerBound, end: content.upperBound)
        while offset < content.upperBound {
            // A backslash starts an escape of two bytes or more; after `\u` four digits stand, which the scanner proved.
            if span[offset + 1] == UInt8(ascii: "u") {
                if span[offset + 2] == 0x30, span[offset + 3] == 0x30, span[offset + 4] == 0x30,
                    span[offset + 5] == 0x30
                {
                    return true
                }
            }
            offset = ByteSearch.backslash(span, from: offset + 2, end: content.upperBound)
        }
        return false
    }

    /// What a number says as a whole number.
    func wholeNumber(_ number: JSONTape.Index) -> WholeNumber {
        WholeNumber(tape.range(number), in: bytes.span)
    }

    /// Whether a number is below zero, whatever its size.
    func isNegative(_ number: JSONTape.Index) -> Bool {
        let range = tape.range(number)
        let span = bytes.span
        guard span[range.lowerBound] == UInt8(ascii: "-") else { return false }
        for offset in range {
            switch span[offset] {
            case UInt8(ascii: "1")...UInt8(ascii: "9"): return true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): return false
            default: break
            }
        }
        return false
    }

    /// Whether a string is a time stamp (EVT-9).
    func isTimestamp(_ string: JSONTape.Index) -> Bool { timestamp(string) != nil }

    /// The moment that a string gives.
    func timestamp(_ string: JSONTape.Index) -> Timestamp? {
        guard tape.kind(string) == .string else { return nil }
        guard tape.isPlain(string) else { return tape.string(string, in: bytes.span).flatMap { Timestamp($0) } }
        return Timestamp(tape.contentRange(string), in: bytes.span)
    }

    /// Whether a string is a UUID (EVT-10).
    func isUUID(_ string: JSONTape.Index) -> Bool {
        if tape.isPlain(string) { return UUIDText.isUUID(tape.contentRange(string), in: bytes.span) }
        guard let text = tape.utf8(string, in: bytes.span) else { return false }
        return UUIDText.isUUID(0..<text.count, in: text.span)
    }

    /// Whether a value counts as present where ECMAScript asks for truth: no `null`, `false`, `""` or zero (EVT-13).
    func isTruthy(_ index: JSONTape.Index?) -> Bool {
        guard let index else { return false }
        return switch tape.kind(index) {
        case .null, .false: false
        case .string: !tape.contentRange(index).isEmpty
        case .number: wholeNumber(index) != .value(0)
        case .true, .array, .object: true
        }
    }
}

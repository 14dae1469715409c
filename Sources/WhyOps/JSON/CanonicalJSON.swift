/// The canonical form of a JSON text (RFC 8785): equal values have equal bytes.
public struct CanonicalJSON: Hashable, Sendable {
    /// The form, in UTF-8.
    public let bytes: [UInt8]

    /// Canonicalises a text.
    ///
    /// - Complexity: O(n), and O(m log m) in the members of an object.
    /// - Throws: `JSONFault` as `JSONDocument` does (JSON-26), or `json.no-canonical-form` at the value that has none
    ///   (JSON-25).
    public init(_ text: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONFault) {
        try self.init(JSONDocument(text, limits: limits).root)
    }

    /// Canonicalises a value of a document.
    ///
    /// - Complexity: O(n), and O(m log m) in the members of an object.
    /// - Throws: `json.no-canonical-form` at the value that has none (JSON-25).
    public init(_ value: JSONValue) throws(JSONFault) {
        var writer = CanonicalWriter()
        try writer.append(value)
        self.bytes = writer.bytes
    }
}

/// Writes values in their canonical form, one after the other.
struct CanonicalWriter {
    private(set) var bytes: [UInt8] = []
    /// The names of the objects that are being written, decoded, the innermost last.
    private var names: [UInt8] = []

    private struct Name {
        var index: JSONTape.Index
        var range: Range<Int>
    }

    mutating func append(_ punctuation: StaticString) {
        punctuation.withUTF8Buffer { text in
            for index in 0..<text.count { unsafe bytes.append(text[index]) }
        }
    }

    mutating func append(raw text: [UInt8]) { bytes.append(contentsOf: text) }

    mutating func append(_ value: JSONValue) throws(JSONFault) {
        try append(value.index, value.document.tape, value.document.bytes.span)
    }

    /// The scanner's depth limit bounds the recursion.
    private mutating func append(
        _ index: JSONTape.Index,
        _ tape: borrowing JSONTape,
        _ text: Span<UInt8>
    ) throws(JSONFault) {
        switch tape.kind(index) {
        case .true: append("true")
        case .false: append("false")
        case .null: append("null")
        case .number:
            let number = DoubleReading.double(tape.range(index), in: text)
            guard number.isFinite else { throw JSONFault(.noCanonicalForm, at: tape.range(index).lowerBound) }
            bytes.appendNumber(number)
        case .string:
            try appendString(tape.contentRange(index), text)
        case .array:
            bytes.append(UInt8(ascii: "["))
            var position = index + 1
            let end = tape.next(index)
            while position < end {
                if position > index + 1 { bytes.append(UInt8(ascii: ",")) }
                try append(position, tape, text)
                position = tape.next(position)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object:
            try appendObject(index, tape, text)
        }
    }

    private mutating func appendObject(
        _ object: JSONTape.Index,
        _ tape: borrowing JSONTape,
        _ text: Span<UInt8>
    ) throws(JSONFault) {
        let start = names.count
        let members = try sortedNames(object, tape, text)
        bytes.append(UInt8(ascii: "{"))
        for position in 0..<members.count {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            try appendString(tape.contentRange(members[position].index), text)
            bytes.append(UInt8(ascii: ":"))
            try append(members[position].index + 1, tape, text)
        }
        bytes.append(UInt8(ascii: "}"))
        names.removeLast(names.count - start)
    }

    /// The names of an object in their order (JSON-20), of equal ones the last (JSON-21).
    private mutating func sortedNames(
        _ object: JSONTape.Index,
        _ tape: borrowing JSONTape,
        _ text: Span<UInt8>
    ) throws(JSONFault) -> [Name] {
        var members: [Name] = []
        var position = object + 1
        let end = tape.next(object)
        var isSorted = true
        while position < end {
            let start = names.count
            try decode(tape.contentRange(position), text)
            members.append(Name(index: position, range: start..<names.count))
            if members.count > 1, isSorted {
                isSorted = compare(members[members.count - 2], members[members.count - 1]) < 0
            }
            position = tape.next(position + 1)
        }
        if isSorted { return members }
        members.sort { left, right in
            let order = compare(left, right)
            return order < 0 || (order == 0 && left.index < right.index)
        }
        var kept: [Name] = []
        for position in 0..<members.count {
            if position + 1 < members.count, compare(members[position], members[position + 1]) == 0 { continue }
            kept.append(members[position])
        }
        return kept
    }

    private func compare(_ left: Name, _ right: Name) -> Int {
        let names = names.span
        return UTF16Order.compare(names.extracting(left.range), names.extracting(right.range))
    }

    /// Adds the text of a name to `names`. One with half a surrogate pair has no form, and neither has the object: of
    /// equal names one is kept (JSON-25).
    private mutating func decode(_ content: Range<Int>, _ text: Span<UInt8>) throws(JSONFault) {
        var cursor = TextCursor(content, escapes: true)
        while let unit = cursor.next(in: text) {
            guard !unit.isLoneHighSurrogate, !unit.isLoneLowSurrogate else {
                throw JSONFault(.noCanonicalForm, at: unit.start)
            }
            names.appendUTF8(unit.scalar)
        }
    }

    /// What is no escape stands already as JSON-22 wants it.
    private mutating func appendString(_ content: Range<Int>, _ text: Span<UInt8>) throws(JSONFault) {
        bytes.append(UInt8(ascii: "\""))
        var offset = content.lowerBound
        while offset < content.upperBound {
            guard text[offset] == UInt8(ascii: "\\") else {
                bytes.append(text[offset])
                offset += 1
                continue
            }
            var cursor = TextCursor(offset..<content.upperBound, escapes: true)
            guard let unit = cursor.next(in: text) else { break }
            guard !unit.isLoneHighSurrogate, !unit.isLoneLowSurrogate else {
                throw JSONFault(.noCanonicalForm, at: offset)
            }
            if unit.scalar < 0x80 {
                bytes.appendEscaped(UInt8(unit.scalar))
            } else {
                bytes.appendUTF8(unit.scalar)
            }
            offset = unit.end
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension [UInt8] {
    /// Appends a finite number as JSON-24 has it.
    mutating func appendNumber(_ number: Double) {
        if number == 0 {
            append(UInt8(ascii: "0"))
            return
        }
        if number < 0 { append(UInt8(ascii: "-")) }
        let magnitude = number.magnitude
        // Whole numbers below 2^53 have no shorter spelling than their digits.
        // Not `UInt64(exactly:)`, which calls the C library's `trunc`, and nothing here links that.
        let whole = magnitude < 9_007_199_254_740_992 ? UInt64(magnitude) : 0
        if magnitude < 9_007_199_254_740_992, Double(whole) == magnitude {
            append(contentsOf: String(whole).utf8)
        } else {
            ShortestDecimal(magnitude).append(to: &self)
        }
    }
}

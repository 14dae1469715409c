/// The canonical form of a JSON text (RFC 8785): equal values have equal bytes.
public struct CanonicalJSON: Hashable, Sendable {
    /// The form, in UTF-8.
    public private(set) var bytes: [UInt8] = []

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
    /// - Throws: `json.no-canonical-form` at the value that has none (JSON-25).
    public init(_ value: JSONValue) throws(JSONFault) {
        try append(value.index, value.document.tape, value.document.bytes.span)
    }

    /// The scanner's depth limit bounds the recursion.
    private mutating func append(
        _ index: JSONTape.Index,
        _ tape: JSONTape,
        _ text: Span<UInt8>
    ) throws(JSONFault) {
        switch tape.kind(index) {
        case .true, .false, .null:
            bytes.append(contentsOf: tape.slice(index, in: text))
        case .number:
            let number = DecimalNumber(tape.range(index), in: text).double
            guard number.isFinite else { throw JSONFault(.noCanonicalForm, at: tape.range(index).lowerBound) }
            Self.append(number, to: &bytes)
        case .string:
            try appendString(index, tape, text)
        case .array:
            bytes.append(UInt8(ascii: "["))
            var isFirst = true
            for item in tape.children(index) {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                try append(item, tape, text)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object:
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for name in Self.sortedNames(index, tape, text) {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                try appendString(name, tape, text)
                bytes.append(UInt8(ascii: ":"))
                try append(name + 1, tape, text)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func appendString(
        _ index: JSONTape.Index,
        _ tape: JSONTape,
        _ text: Span<UInt8>
    ) throws(JSONFault) {
        bytes.append(UInt8(ascii: "\""))
        if tape.isPlain(index) {
            // Neither quote, backslash nor control character: nothing to escape.
            for offset in tape.contentRange(index) { bytes.append(text[offset]) }
        } else {
            var cursor = TextCursor(tape.contentRange(index), escapes: true)
            while let unit = cursor.next(in: text) {
                guard !unit.isLoneHighSurrogate, !unit.isLoneLowSurrogate else {
                    throw JSONFault(.noCanonicalForm, at: tape.range(index).lowerBound)
                }
                if unit.scalar < 0x80 {
                    bytes.appendEscaped(UInt8(unit.scalar))
                } else {
                    bytes.appendUTF8(unit.scalar)
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The names of an object by their UTF-16 code units (JSON-20), of equal ones the last (JSON-21).
    private static func sortedNames(
        _ object: JSONTape.Index,
        _ tape: JSONTape,
        _ text: Span<UInt8>
    ) -> [JSONTape.Index] {
        var keyed: [(units: [UInt16], name: JSONTape.Index)] = []
        for (name, _) in tape.members(object) {
            var units: [UInt16] = []
            var cursor = TextCursor(tape.contentRange(name), escapes: !tape.isPlain(name))
            while let unit = cursor.next(in: text) {
                if unit.scalar < 0x10000 {
                    units.append(UInt16(truncatingIfNeeded: unit.scalar))
                } else {
                    units.append(UInt16(truncatingIfNeeded: 0xD800 + (unit.scalar - 0x10000) >> 10))
                    units.append(UInt16(truncatingIfNeeded: 0xDC00 + (unit.scalar & 0x3FF)))
                }
            }
            keyed.append((units, name))
        }
        keyed.sort { left, right in
            left.units == right.units ? left.name < right.name : left.units.lexicographicallyPrecedes(right.units)
        }
        var names: [JSONTape.Index] = []
        for position in 0..<keyed.count {
            if position + 1 < keyed.count, keyed[position].units == keyed[position + 1].units { continue }
            names.append(keyed[position].name)
        }
        return names
    }

    /// Appends a finite number as JSON-24 has it.
    static func append(_ number: Double, to text: inout [UInt8]) {
        if number == 0 {
            text.append(UInt8(ascii: "0"))
            return
        }
        if number < 0 { text.append(UInt8(ascii: "-")) }
        let magnitude = number.magnitude
        // Whole numbers below 2^53 have no shorter spelling than their digits.
        if magnitude < 9_007_199_254_740_992, let whole = UInt64(exactly: magnitude) {
            text.append(contentsOf: String(whole).utf8)
        } else {
            ShortestDecimal(magnitude).append(to: &text)
        }
    }
}

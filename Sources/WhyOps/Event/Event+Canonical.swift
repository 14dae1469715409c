extension Event {
    /// The canonical encoding (EVT-85): what two events are compared and hashed by.
    ///
    /// The event's parts have to be valid JSON, as `EventValidator` leaves them; a part that is not is kept as it is.
    ///
    /// - Complexity: O(n log n) in the number of members of one object.
    public var canonicalJSON: [UInt8] {
        var event = self
        event.content = content.map(Self.canonical)
        event.metadata = metadata.map(Self.canonical)
        return event.json
    }

    private static func canonical(_ json: [UInt8]) -> [UInt8] {
        guard let document = try? JSONDocument(json) else { return json }
        var result: [UInt8] = []
        result.reserveCapacity(json.count)
        document.root.appendCanonical(to: &result)
        return result
    }
}

extension JSONValue {
    /// Appends the value with its members sorted and the last of a repeated name kept (EVT-87); numbers keep their
    /// spelling (EVT-88).
    fileprivate func appendCanonical(to result: inout [UInt8]) {
        switch kind {
        case .object:
            result.append(UInt8(ascii: "{"))
            var isFirst = true
            for member in sortedMembers {
                if !isFirst { result.append(UInt8(ascii: ",")) }
                isFirst = false
                result.append(contentsOf: member.name.stringifiedString ?? [])
                result.append(UInt8(ascii: ":"))
                // The scanner's depth limit bounds the recursion.
                member.value.appendCanonical(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        case .array:
            result.append(UInt8(ascii: "["))
            var isFirst = true
            for item in children {
                if !isFirst { result.append(UInt8(ascii: ",")) }
                isFirst = false
                item.appendCanonical(to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .string, .number, .true, .false, .null:
            result.append(contentsOf: compact)
        }
    }

    private struct Member {
        let units: [UInt16]
        let name: JSONValue
        let value: JSONValue
    }

    private var sortedMembers: [Member] {
        var members = document.tape.members(index).map { name, value in
            let name = JSONValue(document: document, index: name)
            return Member(units: name.codeUnits, name: name, value: JSONValue(document: document, index: value))
        }
        members.sort { left, right in
            if left.units == right.units { return left.name.index < right.name.index }
            return left.units.lexicographicallyPrecedes(right.units)
        }
        var kept: [Member] = []
        for member in members {
            if kept.last?.units == member.units { kept.removeLast() }
            kept.append(member)
        }
        return kept
    }

    /// A string's UTF-16 code units, half surrogate pairs included.
    private var codeUnits: [UInt16] {
        let span = document.bytes.span
        var units: [UInt16] = []
        var cursor = TextCursor(document.tape.contentRange(index), escapes: true)
        while let unit = cursor.next(in: span) {
            if unit.scalar >= 0x10000 {
                // Both halves are below 2^16 by the definition of UTF-16.
                units.append(UInt16(0xD800 + (unit.scalar - 0x10000) >> 10))
                units.append(UInt16(0xDC00 + (unit.scalar - 0x10000) & 0x3FF))
            } else {
                units.append(UInt16(unit.scalar))
            }
        }
        return units
    }
}

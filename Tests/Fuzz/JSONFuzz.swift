/// The scanner accepts exactly what the second reader accepts, names the same fault, and its tape holds the same tree.
func checkJSON(_ input: [UInt8]) {
    compare(input, depth: 128, values: 1_000_000)
    compare(input, depth: 3, values: 6)
    guard let document = try? JSONDocument(input) else { return }
    let compact = document.root.compact
    require(PlainJSON(compact) == PlainJSON(input), "compact text is the same value: \(shown(compact))")
    require((try? JSONDocument(compact))?.root.compact == compact, "compact text is stable: \(shown(compact))")
    guard let canonical = try? CanonicalJSON(input).bytes, let plain = PlainJSON(input) else { return }
    guard let value = PlainJSON(canonical) else {
        fatalError("broken: the canonical form is no JSON: \(shown(canonical))")
    }
    require(isCanonical(value, of: plain), "JSON-20 to JSON-24: \(shown(canonical))")
    require((try? CanonicalJSON(canonical).bytes) == canonical, "the canonical form is its own: \(shown(canonical))")
    require(
        (try? CanonicalJSON(compact).bytes) == canonical,
        "white space and escapes do not matter: \(shown(canonical))"
    )
}

/// Whether a value is another one with its members sorted, the last of a repeated name kept and numbers as doubles.
private func isCanonical(_ value: PlainJSON, of plain: PlainJSON) -> Bool {
    switch (value, plain) {
    case (.object(let found), .object(let members)):
        var last: [[UInt16]: PlainJSON] = [:]
        for member in members { last[member.name] = member.value }
        let names = last.keys.sorted { $0.lexicographicallyPrecedes($1) }
        guard found.map(\.name) == names else { return false }
        return found.allSatisfy { member in last[member.name].map { isCanonical(member.value, of: $0) } ?? false }
    case (.array(let found), .array(let items)):
        return found.count == items.count && zip(found, items).allSatisfy { isCanonical($0, of: $1) }
    case (.word(let found), .word(let word)):
        let (found, word) = (String(decoding: found, as: UTF8.self), String(decoding: word, as: UTF8.self))
        return Double(word).map { Double(found) == $0 } ?? (found == word)
    default: return value == plain
    }
}

private func compare(_ input: [UInt8], depth: Int, values: Int) {
    var plain = PlainReader(bytes: input, depthLimit: depth, valueLimit: values)
    let expected = plain.read()
    do throws(JSONFault) {
        let document = try JSONDocument(input, limits: JSONLimits(depth: depth, values: values))
        guard case .success(let value) = expected else {
            fatalError("broken: accepted, but \(expected)")
        }
        require(tree(document.root) == value, "the tape holds what was read")
    } catch {
        let found = PlainReader.Fault(code: error.code.text.description, offset: error.offset)
        require(expected == .failure(found), "\(found) but \(expected)")
    }
}

/// A document's value through the public interface.
func tree(_ value: JSONValue) -> PlainJSON {
    switch value.kind {
    case .object:
        let tape = value.document.tape
        return .object(
            tape.members(value.index).map { name, member in
                PlainJSON.Member(
                    name: units(JSONValue(document: value.document, index: name)),
                    value: tree(JSONValue(document: value.document, index: member))
                )
            }
        )
    case .array: return .array(value.children.map { tree($0) })
    case .string: return .string(units(value))
    case .number, .true, .false, .null: return .word(value.slice)
    }
}

private func units(_ value: JSONValue) -> [UInt16] {
    let tape = value.document.tape
    let bytes = value.document.bytes.span
    var cursor = TextCursor(tape.contentRange(value.index), escapes: !tape.isPlain(value.index))
    var units: [UInt16] = []
    while let unit = cursor.next(in: bytes) {
        if let scalar = Unicode.Scalar(unit.scalar) {
            units += Array(String(scalar).utf16)
        } else {
            units.append(UInt16(unit.scalar))
        }
    }
    require(
        value.string?.utf16.map { $0 } == String(decoding: units, as: UTF16.self).utf16.map { $0 },
        "a string's text is its code units, lone surrogates replaced"
    )
    return units
}

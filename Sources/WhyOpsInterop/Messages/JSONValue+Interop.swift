import WhyOps

// How foreign JSON is looked at: nothing is ever wrong with it, what is not found is not there.

extension JSONValue {
    /// The first of some members that is a string.
    func text(_ names: StaticString...) -> String? {
        for name in names {
            if let text = self[name]?.string { return text }
        }
        return nil
    }

    /// The first of some members that is neither absent nor `null`.
    func something(_ names: StaticString...) -> JSONValue? {
        for name in names {
            if let value = self[name], value.kind != .null { return value }
        }
        return nil
    }

    /// The items of an array; none of anything else.
    var list: [JSONValue] { kind == .array ? children : [] }

    /// The items of a member that is an array; `nil` where it is none.
    func list(_ name: StaticString) -> [JSONValue]? {
        guard let value = self[name], value.kind == .array else { return nil }
        return value.children
    }

    /// A string as it is, anything else as its JSON text.
    var anyText: String { string ?? String(decoding: slice, as: UTF8.self) }

    /// A count: a number that is not below zero, rounded down.
    var count: Int? {
        guard kind == .number else { return nil }
        if let integer { return integer >= 0 ? integer : nil }
        guard let value = Double(String(decoding: slice, as: UTF8.self)), value >= 0, value < 9e15 else { return nil }
        return Int(value)
    }

    /// The number as it is spelt.
    var number: String? { kind == .number ? String(decoding: slice, as: UTF8.self) : nil }

    /// The first of some members that is a count.
    func count(_ names: StaticString...) -> Int? {
        for name in names {
            if let count = self[name]?.count { return count }
        }
        return nil
    }
}

extension JSONDocument {
    /// The value of a text that is JSON.
    static func value(_ text: String?) -> JSONValue? {
        guard let text else { return nil }
        return try? JSONDocument(Array(text.utf8)).root
    }

    static func value(_ bytes: [UInt8]?) -> JSONValue? {
        guard let bytes else { return nil }
        return try? JSONDocument(bytes).root
    }
}

extension JSONWriter {
    /// Writes a text that is a JSON object or array as that value, and any other as a string: the text comes back as it was.
    mutating func structure(_ text: String) {
        let first = text.utf8.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "["), let value = JSONDocument.value(text) {
            raw(value.slice)
        } else {
            string(text)
        }
    }

    /// One value as a JSON text.
    static func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

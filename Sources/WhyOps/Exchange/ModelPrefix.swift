/// The part of a request's `model` before its first slash, which may name a provider (PRX-40).
public struct ModelPrefix: Equatable, Sendable {
    /// What stands before the slash, not empty.
    public let name: String
    /// What follows it, not empty.
    public let rest: String
    /// Cuts the prefix and its slash out of the body, however they are spelt.
    public let cut: ByteEdit

    /// The prefix of the last member `model` of an object (JSON-5); `nil` where there is no such string with a slash
    /// inside.
    init?(_ root: JSONValue) {
        let document = root.document
        let bytes = document.bytes.span
        guard let model = document.tape.member("model", of: root.index, in: bytes),
            document.tape.kind(model) == .string
        else { return nil }
        let content = document.tape.contentRange(model)
        var cursor = TextCursor(content, escapes: true)
        while let unit = cursor.next(in: bytes) {
            guard unit.scalar == 0x2F else { continue }
            guard unit.start > content.lowerBound, unit.end < content.upperBound,
                let text = document.tape.string(model, in: bytes),
                let slash = text.utf8.firstIndex(of: 0x2F)
            else { return nil }
            name = String(text[..<slash])
            rest = String(text[text.utf8.index(after: slash)...])
            cut = ByteEdit(content.lowerBound..<unit.end)
            return
        }
        return nil
    }
}

extension [ByteEdit] {
    /// The edits with one more, in order and apart; edits inside of the new one are part of it.
    func adding(_ edit: ByteEdit) -> [ByteEdit] {
        var edits = filter { !edit.range.contains($0.range.lowerBound) }
        let place = edits.firstIndex { $0.range.lowerBound >= edit.range.upperBound } ?? edits.count
        edits.insert(edit, at: place)
        return edits
    }
}

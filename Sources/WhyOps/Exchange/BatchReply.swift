/// A reply about message batches, which names the address that a client takes its key to for the results (PRX-84).
public enum BatchReply {
    /// Whether a path below the API's version, such as `ProxyPath.path` gives it, is answered with a batch or a list of
    /// batches; that of the results themselves is not.
    public static func isExpected(at path: String) -> Bool {
        guard path.utf8.starts(with: root.utf8) else { return false }
        let rest = path.utf8.dropFirst(root.utf8.count)
        guard let slash = rest.first else { return true }
        guard slash == UInt8(ascii: "/") else { return false }
        let parts = rest.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.count == 1 || parts.count == 2 && parts[1].elementsEqual("cancel".utf8)
    }

    private static let root = "/messages/batches"

    /// The changes by which every address of results leads through the proxy; none where the body is not JSON.
    ///
    /// - Complexity: O(n).
    public static func edits(in body: [UInt8]) -> [ByteEdit] {
        let tape: JSONTape
        do throws(JSONFault) {
            tape = try JSONTape(scanning: body.span)
        } catch {
            return []
        }
        let bytes = body.span
        var edits = edits(in: tape.root, tape, bytes)
        if let list = tape.member("data", of: tape.root, in: bytes), tape.kind(list) == .array {
            for batch in tape.children(list) { edits += Self.edits(in: batch, tape, bytes) }
        }
        return edits.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    private static func edits(in batch: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) -> [ByteEdit] {
        guard tape.kind(batch) == .object else { return [] }
        var edits: [ByteEdit] = []
        // All of a name: clients differ in which one they read.
        for (name, value) in tape.members(batch) where tape.isString(name, "results_url", in: bytes) {
            guard tape.kind(value) == .string else { continue }
            let content = tape.contentRange(value)
            guard let path = pathOfResults(in: bytes, content), path > content.lowerBound else { continue }
            edits.append(ByteEdit(content.lowerBound..<path, with: Array("/v1".utf8)))
        }
        return edits
    }

    /// Where `/messages/batches/{id}/results` begins, the end of an address's path, in the inside of a JSON string.
    private static func pathOfResults(in bytes: Span<UInt8>, _ content: Range<Int>) -> Int? {
        var cursor = TextCursor(content, escapes: true)
        // What follows the last four slashes, and where these stand.
        var parts: [(start: Int, text: [UInt32])] = []
        while let unit = cursor.next(in: bytes), unit.scalar != 0x3F, unit.scalar != 0x23 {
            if unit.scalar == 0x2F {
                if parts.count == 4 { parts.removeFirst() }
                parts.append((unit.start, []))
            } else if !parts.isEmpty {
                parts[parts.count - 1].text.append(unit.scalar)
            }
        }
        guard parts.count == 4, !parts[2].text.isEmpty else { return nil }
        for (part, name) in [(0, "messages"), (1, "batches"), (3, "results")]
        where !parts[part].text.elementsEqual(name.utf8.lazy.map { UInt32($0) }) { return nil }
        return parts[0].start
    }
}

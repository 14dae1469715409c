import WhyOps

/// What an event of an exchange says of its stitching, for events that speak of the same exchange later (TRC-49).
struct StitchNote: Sendable, Equatable {
    /// An object as JSON text.
    let json: [UInt8]

    init(json: [UInt8]) {
        self.json = json
    }

    /// What an event says; `nil` where it says nothing.
    ///
    /// - Complexity: O(1) in all but `metadata.stitch`, whose bytes are copied.
    init?(_ event: Event) {
        // The last member of an event of the proxy. No text can hold these bytes: its quotes are escaped.
        let name = Array(#""stitch":"#.utf8)
        guard let metadata = event.metadata, metadata.last == UInt8(ascii: "}"),
            let place = metadata.lastRange(of: name)
        else { return nil }
        json = Array(metadata[place.upperBound..<metadata.count - 1])
    }

    /// Writes it as a member, without what only the event itself is known by; nothing where it is no object.
    func write(to writer: inout JSONWriter) {
        guard let stitch = try? JSONDocument(json).root, stitch.kind == .object else { return }
        writer.name("stitch")
        writer.object { writer in
            for (name, value) in stitch.members where name != "names" && name != "parents" {
                writer.member(name, raw: value.slice)
            }
        }
    }
}

extension [UInt8] {
    /// Where some bytes come last.
    fileprivate func lastRange(of bytes: [UInt8]) -> Range<Int>? {
        var start = count - bytes.count
        while start >= 0 {
            if self[start] == bytes[0], self[start...].starts(with: bytes) { return start..<start + bytes.count }
            start -= 1
        }
        return nil
    }
}

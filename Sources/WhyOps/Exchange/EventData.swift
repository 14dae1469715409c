/// The JSON text of a server-sent event, where it stands: in one `data` line, or over several.
struct EventData {
    /// The text: the stream's own bytes where it is one line, joined lines otherwise.
    private(set) var tape = JSONTape()
    private var joined: [UInt8] = []
    /// The lines that were joined.
    private var lines: [Range<Int>] = []
    private var isJoined = false

    /// Whether the data is what OpenAI ends a stream with.
    private(set) var isDone = false

    /// Reads the data of an event; `false` where it is not a JSON object.
    mutating func read(_ data: [Range<Int>], in bytes: [UInt8]) -> Bool {
        isDone = false
        isJoined = data.count > 1
        guard let first = data.first else { return false }
        if !isJoined {
            let text = bytes.span
            isDone = text.extracting(first).equals("[DONE]")
            return !isDone && scan(text, in: first)
        }
        lines = data
        joined.removeAll(keepingCapacity: true)
        for (number, line) in data.enumerated() {
            if number > 0 { joined.append(0x0A) }
            joined.append(contentsOf: bytes[line])
        }
        let text = joined
        return scan(text.span, in: 0..<text.count)
    }

    private mutating func scan(_ bytes: Span<UInt8>, in range: Range<Int>) -> Bool {
        do throws(JSONFault) {
            try tape.scan(bytes, in: range, limits: JSONLimits())
            return tape.kind(tape.root) == .object
        } catch {
            return false
        }
    }

    /// The bytes that the tape's places count in.
    func text(in bytes: [UInt8]) -> [UInt8] { isJoined ? joined : bytes }

    /// Where a range of the text stands in the stream's bytes. A string never spans two lines.
    func place(_ range: Range<Int>) -> Range<Int> {
        guard isJoined else { return range }
        var start = 0
        for line in lines {
            if range.upperBound <= start + line.count {
                let shift = line.lowerBound - start
                return range.lowerBound + shift..<range.upperBound + shift
            }
            start += line.count + 1
        }
        return range
    }
}

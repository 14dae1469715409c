/// Takes NDJSON apart into its lines; empty lines are left out.
struct LineSplitter {
    private let maximum: Int
    private var line: [UInt8] = []
    private var isTooLong = false
    private var position = TextPosition()

    init(maximum: Int) {
        self.maximum = maximum
    }

    mutating func feed(_ bytes: [UInt8], _ pieces: inout [PayloadPiece]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            endLine(&pieces)
            rest = rest[(end + 1)...]
        }
        take(rest)
    }

    mutating func finish(_ pieces: inout [PayloadPiece]) {
        if !line.isEmpty || isTooLong { endLine(&pieces) }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        isTooLong = isTooLong || line.count + bytes.count > maximum
        if isTooLong { line = [] } else { line += bytes }
    }

    private mutating func endLine(_ pieces: inout [PayloadPiece]) {
        if isTooLong {
            pieces.append(.tooLong(at: position))
        } else if line.contains(where: { !$0.isJSONSpace }) {
            pieces.append(.text(PayloadText(bytes: line, item: nil, start: position)))
        }
        line.removeAll(keepingCapacity: true)
        isTooLong = false
        position.passLine()
    }
}

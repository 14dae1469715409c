/// How a stream is cut does not matter, nothing is lost or reordered, and what is said stays the same but for one frame.
///
/// The first byte chooses the format, the policy and the version of the frame; the rest is the stream.
func checkStream(_ input: [UInt8]) {
    guard let mode = input.first else { return }
    let bytes = Array(input.dropFirst())
    checkReader(bytes)
    let formats = ExchangeFormat.allCases
    let format = formats[Int(mode >> 2) % formats.count]
    let frame = FuzzKeys.frame("id-7", version: mode & 2 == 0 ? 2 : 1)
    let policy = mode & 1 == 0 ? SignaturePolicy.careful : .always

    let plain = ReplyStream(format: format, frame: nil)
    let unchanged = run(plain, bytes, pieces: [bytes.count])
    require(unchanged.output == bytes, "EXC-3: without a frame every byte goes as it came")
    let off = run(ReplyStream(format: format, frame: frame, policy: .off), bytes, pieces: [bytes.count])
    require(off.output == bytes, "SIG-36: with policy off every byte goes as it came")

    let signing = ReplyStream(format: format, frame: frame, policy: policy)
    let whole = run(signing, bytes, pieces: [bytes.count])
    for pieces in [[1], [2], [3, 1], [Int(mode) + 1, 1, 7], [17, 64, 5]] {
        let cut = run(signing, bytes, pieces: pieces)
        require(cut.output == whole.output, "EXC-37: \(shown(cut.output)) instead of \(shown(whole.output))")
        require(isSame(cut.capture, whole.capture), "EXC-37: what is captured")
        require(isSame(cut.capture, unchanged.capture), "what is captured does not depend on the frame")
    }

    let read = run(plain, whole.output, pieces: [whole.output.count])
    require(
        isSigned(read.capture, unchanged.capture, by: frame, inOrder: format == .chat),
        "what a client reads of \(shown(whole.output)) is what was said"
    )
}

private func run(_ start: ReplyStream, _ bytes: [UInt8], pieces: [Int]) -> (output: [UInt8], capture: ReplyCapture) {
    var stream = start
    var output: [UInt8] = []
    var offset = 0
    var number = 0
    while offset < bytes.count {
        let end = min(bytes.count, offset + max(1, pieces[number % pieces.count]))
        output += stream.read(Array(bytes[offset..<end]).span)
        offset = end
        number += 1
    }
    output += stream.finish()
    return (output, stream.capture)
}

/// EXC-30: every byte comes out in exactly one item, in order, and `data` is what the standard says.
private func checkReader(_ bytes: [UInt8]) {
    let whole = readItems(bytes, piece: max(1, bytes.count))
    require(whole.bytes == bytes, "every byte is in one item")
    let single = readItems(bytes, piece: 1)
    require(single.bytes == bytes && single.data == whole.data, "EXC-37: items")
    require(whole.data == plainEvents(bytes), "data fields: \(whole.data.map { shown($0) })")
}

private func readItems(_ bytes: [UInt8], piece: Int) -> (bytes: [UInt8], data: [[UInt8]]) {
    var reader = ServerSentEventReader()
    var seen: [UInt8] = []
    var events: [[UInt8]] = []
    func drain(_ reader: inout ServerSentEventReader) {
        while let item = reader.next() {
            switch item {
            case .raw(let range): seen += reader.bytes[range]
            case .event(let range):
                seen += reader.bytes[range]
                if !reader.data.isEmpty {
                    events.append(Array(reader.data.map { Array(reader.bytes[$0]) }.joined(separator: [0x0A])))
                }
            }
        }
    }
    for start in stride(from: 0, to: bytes.count, by: piece) {
        reader.append(Array(bytes[start..<min(start + piece, bytes.count)]).span)
        drain(&reader)
    }
    reader.finish()
    drain(&reader)
    return (seen, events)
}

/// The data of the events of a stream as WHATWG HTML 9.2 reads them, but that the end of the stream completes one (EXC-31).
private func plainEvents(_ bytes: [UInt8]) -> [[UInt8]] {
    var text = bytes[...]
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
    var lines: [[UInt8]] = [[]]
    var place = text.startIndex
    while place < text.endIndex {
        if text[place] == 0x0D, place + 1 < text.endIndex, text[place + 1] == 0x0A { place += 1 }
        if text[place] == 0x0D || text[place] == 0x0A {
            lines.append([])
        } else {
            lines[lines.count - 1].append(text[place])
        }
        place += 1
    }
    lines.append([])
    var events: [[UInt8]] = []
    var data: [[UInt8]] = []
    for line in lines {
        if line.isEmpty {
            if !data.isEmpty { events.append(Array(data.joined(separator: [0x0A]))) }
            data = []
            continue
        }
        let name = line.prefix { $0 != 0x3A }
        guard name.elementsEqual("data".utf8) else { continue }
        var value = line.dropFirst(name.count + 1)
        if value.first == 0x20 { value = value.dropFirst() }
        data.append(Array(value))
    }
    return events
}

/// Whether two captures say the same.
private func isSame(_ left: ReplyCapture, _ right: ReplyCapture) -> Bool {
    left.choices == right.choices && left.id == right.id && left.model == right.model
        && isSameBesideChoices(left, right)
}

/// The names of the reply are not compared: a chunk of ours repeats those that it follows, and an upstream may change them.
private func isSameBesideChoices(_ left: ReplyCapture, _ right: ReplyCapture) -> Bool {
    left.thinking == right.thinking && left.error == right.error && left.usage == right.usage
        && left.isComplete == right.isComplete && left.isEnded == right.isEnded
}

/// Whether the signed reply says what the plain one says, but for a frame in the text of a choice.
///
/// - Parameter inOrder: whether white space has to stand where it stood. A capture joins the blocks of a message, which
///   clients read one by one; where a stream mixes them, white space that is held comes later in the joined text.
func isSigned(_ signed: ReplyCapture, _ plain: ReplyCapture, by frame: [UInt8], inOrder: Bool = true) -> Bool {
    guard isSameBesideChoices(signed, plain), signed.choices.count == plain.choices.count else { return false }
    for (var signed, plain) in zip(signed.choices, plain.choices) {
        if signed.text != plain.text {
            let texts = [signed, plain].map { without(frame, $0.text ?? []) }
            guard texts[0].count == texts[1].count,
                inOrder ? texts[0] == texts[1] : visible(texts[0]) == visible(texts[1])
            else { return false }
        }
        signed.text = plain.text
        if signed != plain { return false }
    }
    return true
}

private func visible(_ text: [UInt8]) -> [Unicode.Scalar] {
    String(decoding: text, as: UTF8.self).unicodeScalars.filter { !CarrierTest.isWhiteSpace($0.value) }
}

/// A text without the frame, however often it stands there: a reply may name one choice twice, and bring a frame itself.
private func without(_ frame: [UInt8], _ text: [UInt8]) -> [UInt8] {
    var kept: [UInt8] = []
    var place = 0
    while place < text.count {
        if text[place] == frame[0], text[place...].starts(with: frame) {
            place += frame.count
        } else {
            kept.append(text[place])
            place += 1
        }
    }
    return kept
}

package import WhyOps

/// Finds every invisible character of a text, ours and others.
package struct InvisibleScan: Sendable {
    /// Whether JSON's escapes count as the characters that they stand for.
    private let escapes: Bool
    private let keys: SigningKeys?

    /// The least of a run that no writing needs, as the proxy counts them (EXC-84).
    private static let leastRun = 4

    package init(escapes: Bool = false, keys: SigningKeys? = nil) {
        self.escapes = escapes
        self.keys = keys
    }

    /// The runs of a text in their order.
    ///
    /// - Parameter source: how the text is called in what is found.
    /// - Complexity: O(n).
    package func runs(in bytes: [UInt8], of source: String) -> [InvisibleRun] {
        let frames = FoundSignature.all(in: bytes, escapes: escapes, keys: keys)
        var found: [InvisibleRun] = []
        var position = TextPosition()
        var passed = 0
        func add(
            _ range: Range<Int>,
            _ scalars: [UInt32],
            _ count: Int,
            _ kind: InvisibleRun.Kind,
            _ frame: FoundSignature?
        ) {
            position.pass(bytes[passed..<range.lowerBound])
            passed = range.lowerBound
            found.append(
                InvisibleRun(
                    kind: kind,
                    source: source,
                    place: position.place,
                    range: range,
                    scalars: scalars,
                    count: count,
                    signature: frame
                )
            )
        }
        var next = 0
        for frame in frames {
            others(in: next..<frame.range.lowerBound, of: bytes) { add($0, $1, $2, $3, nil) }
            var scalars: [UInt32] = []
            var count = 0
            var cursor = TextCursor(frame.range, escapes: escapes)
            while let unit = cursor.next(in: bytes.span) {
                if count < InvisibleRun.mostScalars { scalars.append(unit.scalar) }
                count += 1
            }
            add(frame.range, scalars, count, .signature, frame)
            next = frame.range.upperBound
        }
        others(in: next..<bytes.count, of: bytes) { add($0, $1, $2, $3, nil) }
        return found
    }

    /// The runs of a part without frames.
    private func others(
        in range: Range<Int>,
        of bytes: [UInt8],
        _ add: (Range<Int>, [UInt32], Int, InvisibleRun.Kind) -> Void
    ) {
        let span = bytes.span
        var cursor = TextCursor(range, escapes: escapes)
        var start = 0
        var end = 0
        var scalars: [UInt32] = []
        var count = 0
        var isOrdinary = true
        var isAfterFlag = false
        var before: UInt32 = 0
        func close() {
            guard count > 0 else { return }
            // Such a flag ends with U+E007F; regions have six letters and digits at most.
            let isFlag = isAfterFlag && count <= 7 && scalars.last == 0xE007F && scalars.allSatisfy { $0 >= 0xE0020 }
            let isMark = start == 0 && count == 1 && scalars == [0xFEFF]
            let kind: InvisibleRun.Kind =
                isFlag || isMark || (isOrdinary && count < Self.leastRun) ? .ordinary : .suspicious
            add(start..<end, scalars, count, kind)
            (scalars, count, isOrdinary) = ([], 0, true)
        }
        while cursor.offset < range.upperBound {
            // Plain ASCII, most of most texts, is never one of them.
            let byte = span[cursor.offset]
            guard let unit = cursor.next(in: span) else { break }
            guard byte >= 0xC2 || escapes && byte == UInt8(ascii: "\\"), let character = InvisibleCharacter(unit.scalar)
            else {
                close()
                before = unit.scalar
                continue
            }
            if count == 0 {
                start = unit.start
                isAfterFlag = before == 0x1F3F4
            }
            end = unit.end
            if count < InvisibleRun.mostScalars { scalars.append(unit.scalar) }
            count += 1
            // One zero width space may be a place to break a line, as in Thai; a row of them is not.
            isOrdinary = isOrdinary && (character.isOrdinary || unit.scalar == 0x200B || unit.scalar == 0x2060)
        }
        close()
    }
}

extension CarrierTest {
    /// Where a frame goes in a text, plain or between the quotes of a JSON string; `nil` where it must not stand.
    ///
    /// Reads the beginning until only the end can still decide, and then the end, from white space on that has something
    /// visible behind it; what lies between is searched for U+FEFF only.
    ///
    /// - Complexity: O(n); doesn't allocate but for white space at the end.
    package static func place(
        in bytes: Span<UInt8>,
        _ range: Range<Int>,
        escapes: Bool,
        policy: SignaturePolicy
    ) -> Int? {
        var test = CarrierTest(policy: policy)
        var tail = WhiteSpaceTail()
        var cursor = TextCursor(range, escapes: escapes)
        while !test.isSettled, let unit = cursor.next(in: bytes) {
            test.read(unit.scalar)
            tail.read(unit)
        }
        if test.isRefused { return nil }
        let search = PlainTextSearch(escapes: escapes)
        if !search.mayHoldMark(bytes, cursor.offset..<range.upperBound) {
            // Each window is four times the last, so that all of them together are not much more than the text.
            var window = 128
            while window < range.upperBound - cursor.offset {
                let start = range.upperBound - window
                if let place = search.endOfWhiteSpace(bytes, from: start, after: cursor.offset, end: range.upperBound),
                    let end = test.end(in: bytes, place..<range.upperBound, escapes: escapes)
                {
                    return end.carries ? end.place : nil
                }
                window *= 4
            }
        }
        while let unit = cursor.next(in: bytes) {
            test.read(unit.scalar)
            tail.read(unit)
        }
        return test.carries ? tail.start ?? range.upperBound : nil
    }

    /// What the end of a text decides, read from behind white space on; `nil` where nothing visible stands there.
    private func end(in bytes: Span<UInt8>, _ range: Range<Int>, escapes: Bool) -> (carries: Bool, place: Int)? {
        var test = self
        test.skip()
        var tail = WhiteSpaceTail()
        var cursor = TextCursor(range, escapes: escapes)
        var isBlank = true
        while let unit = cursor.next(in: bytes) {
            test.read(unit.scalar)
            tail.read(unit)
            if isBlank, !Self.isWhiteSpace(unit.scalar) { isBlank = false }
        }
        return isBlank ? nil : (test.carries, tail.start ?? range.upperBound)
    }
}

/// The white space at the end of a text, at most the last 64 scalars of it (SIG-30).
struct WhiteSpaceTail {
    /// The starts of the last scalars, oldest first from `oldest`.
    private var starts: [Int] = []
    private var oldest = 0

    /// Where the tail begins; `nil` where the text does not end in white space.
    var start: Int? { starts.isEmpty ? nil : starts[oldest] }

    mutating func read(_ unit: TextUnit) {
        guard CarrierTest.isWhiteSpace(unit.scalar) else {
            if !starts.isEmpty {
                starts.removeAll(keepingCapacity: true)
                oldest = 0
            }
            return
        }
        if starts.count < CarrierTest.longestTail {
            starts.append(unit.start)
        } else {
            starts[oldest] = unit.start
            oldest = (oldest + 1) % CarrierTest.longestTail
        }
    }
}

/// Finds places in a text by its bytes alone.
private struct PlainTextSearch {
    /// Whether the text stands between the quotes of a JSON string.
    let escapes: Bool

    /// Whether U+FEFF may stand in a text, in UTF-8 or as an escape; never `false` where it does.
    func mayHoldMark(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        var offset = range.lowerBound
        // The last place of a block needs the two bytes behind it.
        let last = range.upperBound - ByteBlock.count - 2
        while offset <= last {
            // 0 <= offset and offset + 18 <= upperBound, which is within the bytes.
            let first = unsafe ByteBlock(unsafely: bytes, at: offset)
            let second = unsafe ByteBlock(unsafely: bytes, at: offset &+ 1)
            let third = unsafe ByteBlock(unsafely: bytes, at: offset &+ 2)
            var places = first.equals(0xEF) & second.equals(0xBB)
            if escapes {
                places =
                    places | first.equals(UInt8(ascii: "\\")) & second.equals(UInt8(ascii: "u"))
                    & (third.equals(UInt8(ascii: "f")) | third.equals(UInt8(ascii: "F")))
            }
            if !places.isEmpty { return true }
            offset &+= ByteBlock.count
        }
        while offset < range.upperBound - 2 {
            switch (bytes[offset], bytes[offset + 1]) {
            case (0xEF, 0xBB): return true
            case (UInt8(ascii: "\\"), UInt8(ascii: "u")) where escapes && bytes[offset + 2] | 0x20 == UInt8(ascii: "f"):
                return true
            default: offset += 1
            }
        }
        return false
    }

    /// The place behind the first space or line feed of a window; `nil` where it holds none.
    ///
    /// - Parameter limit: where a character or escape of the text starts, at or before the window.
    func endOfWhiteSpace(_ bytes: Span<UInt8>, from start: Int, after limit: Int, end: Int) -> Int? {
        for offset in start..<end {
            switch bytes[offset] {
            // Neither is part of a longer character or escape.
            case 0x20: return offset + 1
            case 0x0A where !escapes: return offset + 1
            case UInt8(ascii: "n") where escapes && offset > limit:
                // A line feed if the backslash before it begins an escape, so is the first, third and so on of its run.
                var run = offset
                while run > limit, bytes[run - 1] == UInt8(ascii: "\\") { run -= 1 }
                if (offset - run) % 2 == 1 { return offset + 1 }
            default: break
            }
        }
        return nil
    }
}

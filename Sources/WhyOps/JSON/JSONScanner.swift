// Scanning a JSON text into a tape: RFC 8259, one pass, no recursion.

extension JSONTape {
    /// Scans the JSON text in a range of bytes, replacing what the tape held but keeping its storage.
    ///
    /// Offsets in the tape and in faults count from the start of `bytes`.
    package mutating func scan(
        _ bytes: Span<UInt8>,
        in range: Range<Int>,
        limits: JSONLimits
    ) throws(JSONFault) {
        count = 0
        // JSON-3: places are 32-bit numbers.
        guard UInt32(exactly: range.upperBound) != nil else { throw JSONFault(.tooLong, at: range.lowerBound) }
        var scanner = JSONScanner(range, limits: limits)
        if entries.isEmpty { makeRoom(for: max(16, range.count / 64)) }
        while true {
            var slots = entries.mutableSpan
            if try scanner.scan(bytes, into: &slots) { break }
            makeRoom(for: scanner.expectedCount)
        }
        count = scanner.count
    }

    private mutating func makeRoom(for total: Int) {
        let old = entries
        // Every slot is initialized: the old ones by copying, the others with `nothing`.
        entries = unsafe [Entry](unsafeUninitializedCapacity: total) { slots, count in
            let filled = unsafe slots.initialize(fromContentsOf: old)
            let nothing = Entry(kind: .null, traits: [], start: 0, end: 0, next: 0)
            unsafe slots[filled...].initialize(repeating: nothing)
            count = total
        }
    }
}

/// Where the scanner stands in a JSON text, so that it can be given more room for what it finds.
struct JSONScanner {
    private enum Expectation {
        case value, firstItemOrEnd, name, firstNameOrEnd, commaOrEnd
    }

    /// How many values and names have been found.
    private(set) var count = 0

    private let start: Int
    private var offset: Int
    private let end: Int
    private let limits: JSONLimits
    private var expected = Expectation.value
    private var depth = 0
    /// The innermost open container, `UInt32.max` outside all.
    private var parent = UInt32.max

    init(_ range: Range<Int>, limits: JSONLimits) {
        start = range.lowerBound
        offset = range.lowerBound
        end = range.upperBound
        self.limits = limits
    }

    /// How many entries the text will take if it goes on as it began, but at least half as many again as now, and no
    /// more than four times as many.
    var expectedCount: Int {
        let read = max(1, offset - start)
        // Below 2^64: both factors have 32 bits.
        let expected = UInt64(count) * UInt64(end - start) / UInt64(read)
        return max(count + count / 2, min(4 * count, Int(clamping: expected + expected / 8))) + 16
    }

    /// Goes on to the end of the text; `false` where the slots are used up before.
    ///
    /// Every token is met with room for the two entries that a member has, so nothing is ever half done.
    mutating func scan(
        _ bytes: Span<UInt8>,
        into slots: inout MutableSpan<JSONTape.Entry>
    ) throws(JSONFault) -> Bool {
        // A copy, so that the state can live in registers.
        var scanner = self
        defer { self = scanner }
        while scanner.count <= slots.count - 2 {
            if try scanner.step(bytes, &slots) { return true }
        }
        return false
    }

    /// Reads a value, with its name before it, or what closes a container; whether the text ends there.
    @inline(__always)
    private mutating func step(
        _ bytes: Span<UInt8>,
        _ slots: inout MutableSpan<JSONTape.Entry>
    ) throws(JSONFault) -> Bool {
        var byte = try next(bytes)
        if expected == .commaOrEnd {
            guard byte == UInt8(ascii: ",") else { return try close(byte, bytes, &slots) }
            offset += 1
            byte = try next(bytes)
            expected = slots[Int(parent)].kind == .object ? .name : .value
        }
        switch expected {
        case .firstItemOrEnd where byte == UInt8(ascii: "]"), .firstNameOrEnd where byte == UInt8(ascii: "}"):
            return try close(byte, bytes, &slots)
        case .name, .firstNameOrEnd:
            // JSON-13: limits come before the byte itself.
            guard count < limits.values else { throw JSONFault(.tooManyValues, at: offset) }
            guard byte == UInt8(ascii: "\"") else { throw JSONFault(.unexpectedByte, at: offset) }
            try readString(.name, bytes, &slots)
            guard try next(bytes) == UInt8(ascii: ":") else { throw JSONFault(.unexpectedByte, at: offset) }
            offset += 1
            byte = try next(bytes)
        case .value, .firstItemOrEnd, .commaOrEnd: break
        }
        guard count < limits.values else { throw JSONFault(.tooManyValues, at: offset) }
        switch byte {
        case UInt8(ascii: "\""):
            try readString([], bytes, &slots)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < limits.depth else { throw JSONFault(.tooDeep, at: offset) }
            depth += 1
            let isObject = byte == UInt8(ascii: "{")
            let start = offset
            offset += 1
            append(isObject ? .object : .array, start, next: parent, &slots)
            // As many as there are bytes at most, of which `JSONTape.scan` has checked that they can be counted.
            parent = UInt32(truncatingIfNeeded: count - 1)
            expected = isObject ? .firstNameOrEnd : .firstItemOrEnd
            return false
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let start = offset
            offset = try JSONTokens.endOfNumber(bytes, from: start, end: end)
            append(.number, start, &slots)
        case UInt8(ascii: "t"): try readLiteral("true", .true, bytes, &slots)
        case UInt8(ascii: "f"): try readLiteral("false", .false, bytes, &slots)
        case UInt8(ascii: "n"): try readLiteral("null", .null, bytes, &slots)
        default: throw JSONFault(.unexpectedByte, at: offset)
        }
        return try endValue(bytes)
    }

    /// The next byte that is no white space.
    @inline(__always)
    private mutating func next(_ bytes: Span<UInt8>) throws(JSONFault) -> UInt8 {
        while offset < end {
            let byte = bytes[offset]
            if byte > 0x20 || !byte.isJSONSpace { return byte }
            offset += 1
        }
        throw JSONFault(.unexpectedEnd, at: offset)
    }

    /// What follows a value: nothing but white space after the outermost one.
    @inline(__always)
    private mutating func endValue(_ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        expected = .commaOrEnd
        guard parent == .max else { return false }
        while offset < end, bytes[offset].isJSONSpace { offset += 1 }
        guard offset == end else { throw JSONFault(.trailingBytes, at: offset) }
        return true
    }

    @inline(__always)
    private mutating func readString(
        _ traits: JSONTape.Traits,
        _ bytes: Span<UInt8>,
        _ slots: inout MutableSpan<JSONTape.Entry>
    ) throws(JSONFault) {
        let start = offset
        var traits = traits
        offset = try JSONTokens.endOfString(bytes, from: start + 1, end: end, &traits)
        append(.string, start, traits: traits, &slots)
    }

    private mutating func readLiteral(
        _ text: StaticString,
        _ kind: JSONTape.Kind,
        _ bytes: Span<UInt8>,
        _ slots: inout MutableSpan<JSONTape.Entry>
    ) throws(JSONFault) {
        let start = offset
        offset = try JSONTokens.endOfLiteral(text, bytes, from: start, end: end)
        append(kind, start, &slots)
    }

    /// Notes a value that ends where the scanner stands.
    @inline(__always)
    private mutating func append(
        _ kind: JSONTape.Kind,
        _ start: Int,
        traits: JSONTape.Traits = [],
        next: UInt32? = nil,
        _ slots: inout MutableSpan<JSONTape.Entry>
    ) {
        // `JSONTape.scan` has checked that every offset fits, and a text has fewer values than bytes.
        slots[count] = JSONTape.Entry(
            kind: kind,
            traits: traits,
            start: UInt32(truncatingIfNeeded: start),
            end: UInt32(truncatingIfNeeded: offset),
            next: next ?? UInt32(truncatingIfNeeded: count + 1)
        )
        count += 1
    }

    private mutating func close(
        _ byte: UInt8,
        _ bytes: Span<UInt8>,
        _ slots: inout MutableSpan<JSONTape.Entry>
    ) throws(JSONFault) -> Bool {
        let index = Int(parent)
        let bracket = slots[index].kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")
        guard byte == bracket else { throw JSONFault(.unexpectedByte, at: offset) }
        offset += 1
        parent = slots[index].next
        slots[index].next = UInt32(truncatingIfNeeded: count)
        slots[index].end = UInt32(truncatingIfNeeded: offset)
        depth -= 1
        return try endValue(bytes)
    }
}

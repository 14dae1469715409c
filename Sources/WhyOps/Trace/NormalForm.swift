/// Puts a text into normal form C, scalar by scalar, so that it reads the same however a client composed it (TRC-35).
///
/// Only what may join a letter, a mark or another part of it, is looked up; everything else costs a comparison.
struct NormalForm {
    /// The last scalar that marks may join; composed, until one does.
    private var starter: UInt32?
    /// The marks behind it, in their order: the class above the scalar.
    private var marks: [UInt32] = []

    /// The most marks in a row that count (TRC-35).
    static let maximumMarks = 30

    private typealias Tables = NormalFormTables

    /// Takes a scalar, and gives out those before it that nothing can change any more.
    mutating func read(_ scalar: UInt32, give: (UInt32) -> Void) {
        guard Self.mayJoin(scalar) else {
            finish(give: give)
            starter = scalar
            return
        }
        readParts(of: scalar, give: give)
    }

    /// Gives out what is left.
    mutating func finish(give: (UInt32) -> Void) {
        join()
        giveAll(give)
    }

    private mutating func giveAll(_ give: (UInt32) -> Void) {
        if let starter { give(starter) }
        for mark in marks { give(mark & 0x1FFFFF) }
        starter = nil
        marks.removeAll(keepingCapacity: true)
    }

    private mutating func readParts(of scalar: UInt32, give: (UInt32) -> Void) {
        guard let (first, second) = Self.parts(of: scalar) else { return readPart(scalar, give: give) }
        readParts(of: first, give: give)
        if second != 0 { readParts(of: second, give: give) }
    }

    /// Takes a scalar that stands for no others.
    private mutating func readPart(_ scalar: UInt32, give: (UInt32) -> Void) {
        let order = Self.order(of: scalar)
        if order > 0 {
            takeApart()
            if marks.count < Self.maximumMarks { marks.append(order << 21 | scalar) }
            return
        }
        join()
        if marks.isEmpty, let first = starter, let both = Self.pair(first, scalar) {
            starter = both
            return
        }
        giveAll(give)
        starter = scalar
    }

    /// A letter with marks of its own: those that follow may have to come before them.
    private mutating func takeApart() {
        guard marks.isEmpty, let composed = starter else { return }
        var first = composed
        while let (base, mark) = Self.parts(of: first), mark != 0, Self.order(of: mark) > 0 {
            marks.insert(Self.order(of: mark) << 21 | mark, at: 0)
            first = base
        }
        starter = first
    }

    /// Puts the marks in the order of their classes, and joins those to their letter that there is one character for.
    private mutating func join() {
        guard !marks.isEmpty else { return }
        for place in marks.indices.dropFirst() {
            var place = place
            while place > 0, marks[place - 1] >> 21 > marks[place] >> 21 {
                marks.swapAt(place - 1, place)
                place -= 1
            }
        }
        guard var letter = starter else { return }
        var rest: [UInt32] = []
        for mark in marks {
            if rest.last.map({ $0 >> 21 < mark >> 21 }) ?? true, let both = Self.pair(letter, mark & 0x1FFFFF) {
                letter = both
            } else {
                rest.append(mark)
            }
        }
        starter = letter
        marks = rest
    }
}

extension NormalForm {
    private static let firstHangul: UInt32 = 0xAC00
    private static let lastHangul: UInt32 = 0xD7A3

    /// Whether a scalar may join what stands before it, or is not in normal form C; never `false` where it is one of these.
    @inline(__always)
    private static func mayJoin(_ scalar: UInt32) -> Bool {
        if scalar < 0x300 { return false }
        let block = Int(scalar / 32)
        guard block / 64 < Tables.blocks.count, Tables.blocks[block / 64] >> (block % 64) & 1 == 1 else { return false }
        if order(of: scalar) > 0 || isSecondJamo(scalar) || Tables.seconds.contains(scalar) { return true }
        return parts(of: scalar).map { pair($0.0, $0.1) != scalar } ?? false
    }

    private static func isSecondJamo(_ scalar: UInt32) -> Bool {
        (0x1161...0x1175).contains(scalar) || (0x11A8...0x11C2).contains(scalar)
    }

    /// What a scalar stands for, the second 0 where it is one alone; `nil` for most, and for syllables of Hangul.
    private static func parts(of scalar: UInt32) -> (UInt32, UInt32)? {
        let place = place(of: UInt64(scalar) << 42, in: Tables.mappings)
        guard place < Tables.mappings.count, Tables.mappings[place] >> 42 == UInt64(scalar) else { return nil }
        let mapping = Tables.mappings[place]
        return (part(mapping, 21), part(mapping, 0))
    }

    /// The scalar that stands for two.
    private static func pair(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if (0x1100...0x1112).contains(first), (0x1161...0x1175).contains(second) {
            return firstHangul + ((first - 0x1100) * 21 + second - 0x1161) * 28
        }
        if (firstHangul...lastHangul).contains(first), (first - firstHangul) % 28 == 0,
            (0x11A8...0x11C2).contains(second)
        {
            return first + second - 0x11A7
        }
        let both = UInt64(first) << 42 | UInt64(second) << 21
        let place = place(of: both, in: Tables.pairs)
        guard place < Tables.pairs.count, Tables.pairs[place] >> 21 == both >> 21 else { return nil }
        return part(Tables.pairs[place], 0)
    }

    /// The combining class.
    private static func order(of scalar: UInt32) -> UInt32 {
        // The range that begins last before it or with it.
        let place = place(of: UInt64(scalar + 1) << 42, in: Tables.classes) - 1
        guard place >= 0, part(Tables.classes[place], 21) > scalar else { return 0 }
        return part(Tables.classes[place], 0)
    }

    @inline(__always)
    private static func part(_ entry: UInt64, _ shift: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: entry >> shift & 0x1FFFFF)
    }

    /// Where the first entry stands that is not less than a value.
    private static func place(of value: UInt64, in table: [UInt64]) -> Int {
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            if table[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

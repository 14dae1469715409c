/// Names by their UTF-16 code units, without repetition, asked for in that order.
struct SortedNames {
    private var rest: ArraySlice<String>

    init(_ sorted: [String]) { rest = sorted[...] }

    /// Whether the list has the name, which must not come before one that was asked for earlier.
    ///
    /// - Complexity: O(n) for all questions together.
    mutating func reaches(_ name: String) -> Bool {
        while let first = rest.first {
            let order = UTF16Order.compare(first, name)
            if order >= 0 { return order == 0 }
            rest.removeFirst()
        }
        return false
    }

    /// The names sorted, each once.
    static func sorted(_ names: [String]) -> [String] {
        var result: [String] = []
        for name in names.sorted(by: { UTF16Order.compare($0, $1) < 0 }) {
            if let last = result.last, UTF16Order.compare(last, name) == 0 { continue }
            result.append(name)
        }
        return result
    }

    /// Two sorted lists side by side, with the places of each name.
    static func merged(_ before: [String], _ after: [String]) -> [(name: String, before: Int?, after: Int?)] {
        var result: [(name: String, before: Int?, after: Int?)] = []
        var (old, new) = (0, 0)
        while old < before.count || new < after.count {
            let order =
                old == before.count ? 1 : new == after.count ? -1 : UTF16Order.compare(before[old], after[new])
            let name = order > 0 ? after[new] : before[old]
            result.append((name, order > 0 ? nil : old, order < 0 ? nil : new))
            if order <= 0 { old += 1 }
            if order >= 0 { new += 1 }
        }
        return result
    }
}

/// EVT-52: no U+0000 in content and metadata, which not every store can keep.
enum StrictTextRules {
    /// Reports the first string or member name with U+0000 below a member of the event.
    ///
    /// - Complexity: O(n), one pass over the tape.
    static func check(
        _ value: JSONTape.Index?,
        _ name: StaticString,
        in document: borrowing JSONDocument,
        _ faults: inout FaultList
    ) {
        guard let value else { return }
        let end = document.tape.next(value)
        for index in value..<end where document.tape.kind(index) == .string && document.holdsNul(index) {
            faults.add(
                [.member(name.description)] + path(to: index, from: value, in: document),
                rule: "string.nul",
                code: "custom",
                "Must not hold U+0000; leave the character out"
            )
            return
        }
    }

    /// The way from a value to a string inside it; a member's name stands for the member.
    private static func path(
        to wanted: JSONTape.Index,
        from value: JSONTape.Index,
        in document: borrowing JSONDocument
    ) -> [InputFault.Step] {
        let tape = document.tape
        var path: [InputFault.Step] = []
        var container = value
        while container != wanted {
            let isObject = tape.kind(container) == .object
            var position = container + 1
            var number = 0
            var item = isObject ? position + 1 : position
            while tape.next(item) <= wanted {
                position = tape.next(item)
                item = isObject ? position + 1 : position
                number += 1
            }
            path.append(
                isObject ? .member(tape.string(position, in: document.bytes.span) ?? "") : .item(number)
            )
            if position == wanted { return path }
            container = item
        }
        return path
    }
}

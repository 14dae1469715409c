/// The faults found so far, with the place in the batch that all further paths start from.
struct FaultList {
    /// Faults past this number are left out (EVT-16): a hostile body must not cost a multiple of its size.
    static let maximum = 1000

    private(set) var faults: [InputFault] = []
    /// How many faults were found, those that were left out included.
    private(set) var count = 0
    /// The place of the event in its batch.
    var base: [InputFault.Step] = []

    /// Notes a fault at a place below the event.
    mutating func add(_ path: [InputFault.Step], rule: String, code: String, _ message: String) {
        count += 1
        guard faults.count < Self.maximum else { return }
        faults.append(InputFault(path: base + path, rule: rule, code: code, message: message))
    }

    /// Notes a fault of a member of the event.
    mutating func add(_ name: StaticString, rule: String, code: String, _ message: String) {
        add([.member(name.description)], rule: rule, code: code, message)
    }
}

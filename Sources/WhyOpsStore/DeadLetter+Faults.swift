package import WhyOps

extension DeadLetter.Reason {
    /// Why an event is not stored; `nil` where it is, or breaks rules, which the store does not know.
    init?(_ result: AppendResult) {
        guard let code = Code(result.status), code != .invalid else { return nil }
        self.init(storing: code, result.message ?? "Not stored")
    }

    /// What the store has against an event.
    package init(storing code: Code, _ message: String) {
        self.init(code, message, details: Self.details([.stored(code, message)]))
    }

    /// The faults as they are kept: so many that one sees what is wrong.
    package static func details(_ faults: [InputFault]) -> [UInt8] {
        var writer = JSONWriter()
        writer.array { writer in
            for fault in faults.prefix(100) { fault.write(to: &writer) }
        }
        return writer.bytes
    }
}

extension InputFault {
    /// What the store has against an event.
    package static func stored(
        _ code: DeadLetter.Reason.Code,
        _ message: String,
        at path: [InputFault.Step] = []
    ) -> InputFault {
        InputFault(path: path, rule: "event.\(code.rawValue)", code: code.rawValue, message: message)
    }
}

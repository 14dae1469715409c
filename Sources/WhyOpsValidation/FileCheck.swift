import WhyOps

/// Checks a file as it is read, and tells what it breaks.
package struct FileCheck {
    /// The file as it is named in findings.
    package let source: String
    /// Events and definitions that were read.
    package private(set) var payloads = 0
    /// Findings that were told.
    package private(set) var findings = 0
    /// Bytes that were read.
    package private(set) var bytes = 0

    private let check: PayloadCheck
    private var splitter: PayloadSplitter

    package init(source: String, layout: PayloadLayout, check: PayloadCheck) {
        self.source = source
        self.check = check
        splitter = PayloadSplitter(layout: layout)
    }

    /// Takes the next bytes of the file, and tells what was found by them.
    package mutating func feed(_ bytes: [UInt8]) -> [Finding] {
        self.bytes += bytes.count
        return check(splitter.feed(bytes))
    }

    /// The file has ended.
    package mutating func finish() -> [Finding] { check(splitter.finish()) }

    private mutating func check(_ pieces: [PayloadPiece]) -> [Finding] {
        var found: [Finding] = []
        for piece in pieces {
            switch piece {
            case .fault(let rule, let message, let place):
                found.append(Finding(source: source, place: place, pointer: "", rule: rule, message: message))
            case .text(let text):
                let outcome = check.check(text.bytes, isItem: text.item != nil)
                payloads += outcome.payloads
                found += outcome.faults.map { finding($0, in: text) }
                if text.item == nil || outcome.isJSON { continue }
                // What follows a broken item cannot be told apart from it; lines can.
                splitter.giveUp()
                findings += found.count
                return found
            }
        }
        findings += found.count
        return found
    }

    private func finding(_ fault: PayloadCheck.Fault, in text: PayloadText) -> Finding {
        let path = (text.item.map { [.item($0)] } ?? []) + fault.path
        return Finding(
            source: source,
            place: text.place(of: fault.offset),
            pointer: InputFault(path: path, rule: "", code: "", message: "").pointer,
            rule: fault.rule,
            message: fault.message
        )
    }
}

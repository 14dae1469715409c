/// One rule that a request body breaks, with the place and what to do about it (EVT-16).
public struct InputFault: Hashable, Sendable {
    /// One level on the way to a value.
    public enum Step: Hashable, Sendable {
        /// A member of an object.
        case member(String)
        /// An item of an array.
        case item(Int)
    }

    /// The way from the body to the value.
    public let path: [Step]
    /// The rule's stable id, such as `traceId.required`.
    public let rule: String
    /// The class of the fault as clients of the original know it, such as `too_big`.
    public let code: String
    /// What is wrong and what to send instead.
    public let message: String

    /// Records a fault.
    public init(path: [Step], rule: String, code: String, message: String) {
        self.path = path
        self.rule = rule
        self.code = code
        self.message = message
    }

    /// The place as a JSON pointer (RFC 6901); empty for the whole body.
    public var pointer: String {
        var text: [UInt8] = []
        for step in path {
            text.append(UInt8(ascii: "/"))
            switch step {
            case .item(let index): text.append(contentsOf: String(index).utf8)
            case .member(let name): text.append(contentsOf: name.jsonPointerToken.utf8)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The place as dotted names, as clients of the original read it.
    public var field: String {
        var text = ""
        for step in path {
            if !text.isEmpty { text += "." }
            switch step {
            case .item(let index): text += String(index)
            case .member(let name): text += name
            }
        }
        return text
    }

    /// Writes `field`, `message`, `code`, `pointer` and `rule` as a JSON object.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("field", field)
            writer.member("message", message)
            writer.member("code", code)
            writer.member("pointer", pointer)
            writer.member("rule", rule)
        }
    }
}

/// A fault of an event.
public typealias EventFault = InputFault

/// A body that breaks rules: all of them, in document order of the rules.
public struct InvalidInput: Error, Hashable, Sendable {
    /// The faults; never empty.
    public let faults: [InputFault]

    /// A body's faults, at least one.
    public init(faults: [InputFault]) { self.faults = faults }
}

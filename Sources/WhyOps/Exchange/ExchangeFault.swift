/// Why a request cannot be read, as a value that its sender can act on.
public struct ExchangeFault: Error, Sendable, Hashable {
    /// The stable code, such as `json.unexpected-byte` or `request.member-missing`.
    public let code: String
    /// What is wrong, where, and what was expected.
    public let message: String
    /// The member at fault, as an RFC 6901 pointer; "" is the whole body.
    public let pointer: String

    init(code: String, message: String, pointer: String = "") {
        self.code = code
        self.message = message
        self.pointer = pointer
    }

    /// EXC-5.
    init(_ fault: JSONFault) {
        self.init(code: fault.code.text.description, message: "The request body is not valid JSON: \(fault.message).")
    }

    /// EXC-6.
    static func body(is kind: JSONTape.Kind) -> ExchangeFault {
        ExchangeFault(
            code: "request.body-type",
            message: "The request body must be a JSON object, but is \(kind.phrase)."
        )
    }

    /// EXC-6.
    static func member(_ name: String, is found: JSONTape.Kind?, expected: String) -> ExchangeFault {
        if let found {
            return ExchangeFault(
                code: "request.member-type",
                message: "'\(name)' must be \(expected), but is \(found.phrase).",
                pointer: "/\(name)"
            )
        }
        return ExchangeFault(
            code: "request.member-missing",
            message: "'\(name)' is missing; it must be \(expected).",
            pointer: "/\(name)"
        )
    }
}

extension JSONTape.Kind {
    /// The kind with its article, for messages.
    var phrase: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .true, .false: "a boolean"
        case .null: "null"
        }
    }
}

/// Why a text is not JSON that we read, and where.
public struct JSONFault: Error, Hashable, Sendable {
    /// The kind of fault; its `text` is stable and listed in `spec/json.md`.
    public struct Code: Hashable, Sendable {
        /// The stable code text, such as `json.unexpected-byte`.
        public let text: StaticString

        /// A byte that no JSON text may hold at this place.
        public static var unexpectedByte: Code { Code(text: "json.unexpected-byte") }
        /// The text ends inside a value, or is empty.
        public static var unexpectedEnd: Code { Code(text: "json.unexpected-end") }
        /// Something other than white space follows the value.
        public static var trailingBytes: Code { Code(text: "json.trailing-bytes") }
        /// A byte sequence that is not UTF-8.
        public static var invalidUTF8: Code { Code(text: "json.invalid-utf8") }
        /// A backslash that starts no JSON escape.
        public static var invalidEscape: Code { Code(text: "json.invalid-escape") }
        /// A control character that has to be escaped.
        public static var controlCharacter: Code { Code(text: "json.control-character") }
        /// A number that RFC 8259 does not allow, such as `01` or `1.`.
        public static var invalidNumber: Code { Code(text: "json.invalid-number") }
        /// More levels of nesting than the limit.
        public static var tooDeep: Code { Code(text: "json.too-deep") }
        /// More values than the limit.
        public static var tooManyValues: Code { Code(text: "json.too-many-values") }
        /// More bytes than the limit.
        public static var tooLong: Code { Code(text: "json.too-long") }

        /// Half a surrogate pair or a number beyond all doubles: JSON, but without a canonical form.
        public static var noCanonicalForm: Code { Code(text: "json.no-canonical-form") }

        /// Whether the texts are the same.
        public static func == (left: Code, right: Code) -> Bool {
            left.text.description == right.text.description
        }

        /// By the text.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(text.description)
        }
    }

    /// The kind of fault.
    public let code: Code
    /// The offset of the first byte that cannot stand, counted from the start of the text.
    public let offset: Int

    init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// Whether the text may be JSON, but is more than the reader takes (JSON-3).
    public var isLimit: Bool { code == .tooDeep || code == .tooManyValues || code == .tooLong }

    /// A sentence for a person: what is wrong, and where.
    public var message: String { "\(reason), at byte \(offset)" }

    /// What is wrong, for who tells the place in another way.
    public var reason: String {
        switch code {
        case .unexpectedEnd: "the text ends inside a value"
        case .trailingBytes: "something follows the value"
        case .invalidUTF8: "the bytes are not UTF-8"
        case .invalidEscape: "a backslash starts no JSON escape"
        case .controlCharacter: "a control character is not escaped"
        case .invalidNumber: "the number is not written as JSON requires"
        case .tooDeep: "the value is nested too deeply"
        case .tooManyValues: "the text holds too many values"
        case .tooLong: "the text is too long"
        case .noCanonicalForm: "the value has no canonical form"
        default: "a byte cannot stand here"
        }
    }
}

/// How much JSON is read before it is refused.
public struct JSONLimits: Hashable, Sendable {
    /// Levels of arrays and objects inside one another.
    public var depth: Int
    /// Values, member names included.
    public var values: Int

    /// Creates limits; the defaults suit bodies of language model requests.
    public init(depth: Int = 128, values: Int = 1_000_000) {
        self.depth = depth
        self.values = values
    }
}

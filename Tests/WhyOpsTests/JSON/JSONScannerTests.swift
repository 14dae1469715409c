import Testing

@testable import WhyOps

struct JSONScannerTests {
    /// Texts that RFC 8259 does not allow, with the offset of the first byte that cannot stand (JSON-1, JSON-2).
    static let faults: [(text: [UInt8], code: String, offset: Int)] = [
        ([], "json.unexpected-end", 0),
        (Array("  ".utf8), "json.unexpected-end", 2),
        (Array("{".utf8), "json.unexpected-end", 1),
        (Array("{\"a\"}".utf8), "json.unexpected-byte", 4),
        (Array("{\"a\":}".utf8), "json.unexpected-byte", 5),
        (Array("{\"a\":1,}".utf8), "json.unexpected-byte", 7),
        (Array("{a:1}".utf8), "json.unexpected-byte", 1),
        (Array("[1,]".utf8), "json.unexpected-byte", 3),
        (Array("[1 2]".utf8), "json.unexpected-byte", 3),
        (Array("[1}".utf8), "json.unexpected-byte", 2),
        (Array("]".utf8), "json.unexpected-byte", 0),
        (Array("[,1]".utf8), "json.unexpected-byte", 1),
        (Array("1 2".utf8), "json.trailing-bytes", 2),
        (Array("{} x".utf8), "json.trailing-bytes", 3),
        (Array("tru".utf8), "json.unexpected-end", 3),
        (Array("trux".utf8), "json.unexpected-byte", 3),
        (Array("nul".utf8), "json.unexpected-end", 3),
        (Array("01".utf8), "json.invalid-number", 1),
        (Array("-".utf8), "json.unexpected-end", 1),
        (Array("-x".utf8), "json.invalid-number", 1),
        (Array("1.".utf8), "json.unexpected-end", 2),
        (Array("1.x".utf8), "json.invalid-number", 2),
        (Array("1e+".utf8), "json.unexpected-end", 3),
        (Array("+1".utf8), "json.unexpected-byte", 0),
        (Array(".5".utf8), "json.unexpected-byte", 0),
        (Array("\"abc".utf8), "json.unexpected-end", 4),
        (Array("\"a\\x\"".utf8), "json.invalid-escape", 3),
        (Array("\"\\u12g4\"".utf8), "json.invalid-escape", 5),
        (Array("\"\\u12".utf8), "json.unexpected-end", 5),
        (Array("\"\\".utf8), "json.unexpected-end", 2),
        (Array("\"a\nb\"".utf8), "json.control-character", 2),
        ([0x22, 0xFF, 0x22], "json.invalid-utf8", 1),
        ([0x22, 0xC0, 0x80, 0x22], "json.invalid-utf8", 1),
        ([0x22, 0xE2, 0x80, 0x22], "json.invalid-utf8", 1),
        ([0x22, 0xED, 0xA0, 0x80, 0x22], "json.invalid-utf8", 1),
        ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], "json.invalid-utf8", 1),
        ([0x22, 0xF0, 0x8F, 0xBF, 0xBF, 0x22], "json.invalid-utf8", 1),
        ([0xEF, 0xBB, 0xBF, 0x31], "json.unexpected-byte", 0),
    ]

    @Test(arguments: faults.indices)
    func faultNamesItsCodeAndOffset(_ index: Int) {
        let (text, code, offset) = Self.faults[index]
        let fault = #expect(throws: JSONFault.self) { try JSONDocument(text) }
        #expect(fault?.code.text.description == code)
        #expect(fault?.offset == offset)
    }

    @Test(arguments: [
        "0", "-0", "1.5e-10", "\"\"", "[]", "{}", "true", " null ", "[[[]],{}]", "{\"a\":{\"b\":[1,2,{\"c\":null}]}}",
        "\"\\ud800\"", "\"\\u0000\"", "\"\\/\"", "[1,\t2\r\n,3]", "12345678901234567890.10E+400",
    ])
    func validTextIsAccepted(_ text: String) throws {
        #expect(try JSONDocument(Array(text.utf8)).root.slice == Array(text.trimming.utf8))
    }

    @Test func nestingAndNumberOfValuesAreLimited() {
        let limits = JSONLimits(depth: 3, values: 10)
        #expect(throws: Never.self) { try JSONDocument(Array("[[[1]]]".utf8), limits: limits) }
        let deep = #expect(throws: JSONFault.self) { try JSONDocument(Array("[[[[1]]]]".utf8), limits: limits) }
        #expect(deep?.code == .tooDeep)
        #expect(deep?.offset == 3)
        let many = #expect(throws: JSONFault.self) {
            try JSONDocument(Array("[1,1,1,1,1,1,1,1,1,1]".utf8), limits: limits)
        }
        #expect(many?.code == .tooManyValues)
    }

    @Test func depthIsLimitedWithoutRecursion() {
        let fault = #expect(throws: JSONFault.self) {
            try JSONDocument([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))
        }
        #expect(fault?.code == .tooDeep)
        #expect(fault?.offset == 128)
    }

    @Test func valuesAreFoundByNameAndTheLastOfTwoWins() throws {
        let root = try JSONDocument(Array(#"{"a":1,"b":{"a":2},"\u0061":3}"#.utf8)).root
        #expect(root["a"]?.integer == 3)
        #expect(root["b"]?["a"]?.integer == 2)
        #expect(root["c"] == nil)
        #expect(root.members.map(\.name) == ["a", "b", "a"])
    }

    @Test func textIsReadByValue() throws {
        let root = try JSONDocument(Array(#"["\u00e9\n\"","\ud83d\ude00","\ud83dx","plain"]"#.utf8)).root
        #expect(root.children.map(\.string) == ["\u{E9}\n\"", "\u{1F600}", "\u{FFFD}x", "plain"])
    }

    @Test(
        arguments: [
            ("0", 0), ("-17", -17), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
            ("9223372036854775808", nil), ("1.0", nil), ("1e3", nil),
        ] as [(String, Int?)]
    )
    func integersAreReadOnlyWhereTheyFit(_ text: String, _ value: Int?) throws {
        #expect(try JSONDocument(Array(text.utf8)).root.integer == value)
    }

    @Test func editsLeaveEveryOtherByte() throws {
        let text = Array(#"{ "n" : 1.10 , "k":"abc" }"#.utf8)
        let place = try #require(JSONDocument(text).root["k"]).index
        let range = try JSONDocument(text).tape.contentRange(place)
        let edited = text.applying([ByteEdit(range.lowerBound + 1..<range.lowerBound + 2, with: Array("X".utf8))])
        #expect(String(decoding: edited, as: UTF8.self) == #"{ "n" : 1.10 , "k":"aXc" }"#)
    }
}

extension String {
    fileprivate var trimming: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

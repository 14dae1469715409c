import Testing
import WhyOpsConformance

struct SuiteJSONTests {
    @Test(arguments: [("1.0", "1"), ("1e2", "100"), ("-0", "0"), ("\"\\u00e9\"", "\"\u{E9}\""), ("{\"a\":null}", "{}")])
    func valuesAreComparedByValue(_ one: String, _ other: String) throws {
        #expect(try #require(JSON(Array(one.utf8))) == #require(JSON(Array(other.utf8))))
    }

    @Test(arguments: ["", "01", "1.", "[1,]", "{\"a\"}", "nul", "\"\u{1}\"", "\"\\x\"", "1 2", "+1", "\"\\ud8\""])
    func whatIsNotJSONIsRefused(_ text: String) {
        #expect(JSON(Array(text.utf8)) == nil)
    }

    @Test func nestingIsBounded() {
        #expect(JSON([UInt8](repeating: UInt8(ascii: "["), count: 100_000)) == nil)
    }

    @Test func writtenValuesReadAsTheSame() throws {
        let text = #"{"a":[1.50,-1e-7,"\u200b\ud83d\ude80\ud83d\u0000\"\\"],"b":{"c":true,"d":null}}"#
        let value = try #require(JSON(Array(text.utf8)))
        #expect(String(decoding: value.written(), as: UTF8.self) == text)
    }
}

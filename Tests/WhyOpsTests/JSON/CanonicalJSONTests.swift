import Testing

@testable import WhyOps

@Suite struct CanonicalJSONTests {
    private func canonical(_ text: String) throws -> String {
        String(decoding: try CanonicalJSON(Array(text.utf8)).bytes, as: UTF8.self)
    }

    private func read(_ text: String) -> Double {
        let bytes = Array(text.utf8)
        return DoubleReading.double(0..<bytes.count, in: bytes.span)
    }

    @Test func numbersReadAsTheStandardLibraryReadsThem() {
        let zeros = String(repeating: "0", count: 5000)
        let halfway = "9007199254740993"
        let texts = [
            "0", "-0", "1", "0.1", "1e22", "1e23", "123456789012345678", "5e-324", "4.9e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
            "1e400", "1e-400", "2.2250738585072011e-308", "2.2250738585072014e-308", halfway, halfway + ".0",
            halfway + "." + zeros, halfway + "." + zeros + "1", "9007199254740991.5" + zeros, "0." + zeros + "1e5001",
            "1" + zeros + "e-5000", "1" + String(repeating: "1234567890", count: 80) + "e-700", "8.5e-5", "17.5e-22",
        ]
        for text in texts {
            #expect(read(text).bitPattern == Double(text)?.bitPattern, "\(text.prefix(40))")
            let bytes = Array(text.utf8)
            #expect(DecimalNumber(0..<bytes.count, in: bytes.span).double == Double(text), "\(text.prefix(40))")
        }
    }

    @Test func randomDoublesSurviveBothWays() throws {
        var state: UInt64 = 1
        for _ in 0..<6000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let bits = state ^ state >> 29
            let value = Double(bitPattern: bits)
            guard value.isFinite, value != 0 else { continue }
            var text: [UInt8] = []
            text.appendNumber(value)
            #expect(DoubleReading.double(0..<text.count, in: text.span).bitPattern == bits)
            #expect(DecimalNumber(0..<text.count, in: text.span).double.bitPattern == bits)
            #expect(ShortestDecimal(value.magnitude) == ShortestDecimal(exactly: value.magnitude))
            let digits = { (text: String) in text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" } }
            let known = digits("\(value)").reversed().drop { $0 == "0" }.count
            #expect(digits(String(decoding: text, as: UTF8.self)).reversed().drop { $0 == "0" }.count == known)
        }
    }

    @Test func numbersAreSpeltAsECMAScriptDoes() throws {
        #expect(
            try canonical("[1e21,1e20,123e-9,1e-6,1e-7,-0.0,1.50,-1E+2,5e-324,1.7976931348623157e308]")
                == "[1e+21,100000000000000000000,1.23e-7,0.000001,1e-7,0,1.5,-100,5e-324,1.7976931348623157e+308]"
        )
    }

    @Test func membersAreSortedByCodeUnitsAndTheLastOfANameStays() throws {
        #expect(
            try canonical(#"{"\uFB33":1,"\uD83D\uDE00":2,"b":1e999,"a":[ ],"\u0062":"\u000F\/"}"#)
                == "{\"a\":[],\"b\":\"\\u000f/\",\"\u{1F600}\":2,\"\u{FB33}\":1}"
        )
    }

    @Test(arguments: [#"["\ud83d"]"#, "[1,1e309]", #"{"\ude00":1}"#])
    func someTextsHaveNoForm(text: String) {
        #expect { try CanonicalJSON(Array(text.utf8)) } throws: { ($0 as? JSONFault)?.code == .noCanonicalForm }
    }
}

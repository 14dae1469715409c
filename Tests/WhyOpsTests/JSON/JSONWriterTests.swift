import Testing
import WhyOps

struct JSONWriterTests {
    @Test func writesCommasAndEscapesByItself() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("text", "a\"b\\c\u{1}\n\u{7F}\u{2028}")
            writer.member("absent", nil as String?)
            writer.member("number", 5)
            writer.name("list")
            writer.array {
                $0.boolean(true)
                $0.null()
                $0.raw(Array("1.10".utf8))
            }
            writer.name("empty")
            writer.object { _ in }
        }
        let expected =
            "{\"text\":\"a\\\"b\\\\c\\u0001\\n\u{7F}\u{2028}\",\"number\":5,\"list\":[true,null,1.10],\"empty\":{}}"
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }
}

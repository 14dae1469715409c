import Testing

@testable import WhyOps

/// PRX-40: the prefix of the model, and the cut that leaves every other byte.
struct ModelPrefixTests {
    private func chat(_ model: String, before: String = "", after: String = "") throws -> RequestReading {
        try RequestReading(Array(#"{\#(before)"model":\#(model),"messages":[]\#(after)}"#.utf8), format: .chat)
    }

    @Test(arguments: [
        (#""groq/llama-3""#, "groq", "llama-3", #""llama-3""#),
        (#""a/b/c""#, "a", "b/c", #""b/c""#),
        (#""groq\/llama""#, "groq", "llama", #""llama""#),
        (#""gr\u006fq\u002fll\u0061ma""#, "groq", "llama", #""ll\u0061ma""#),
        (#""über/模型""#, "über", "模型", #""模型""#),
        (#""a//b""#, "a", "/b", #""/b""#),
    ])
    func prefixIsCutHoweverItIsSpelt(_ model: String, _ name: String, _ rest: String, _ left: String) throws {
        let before = #" "x" : 1.50e+01 , "#
        var reading = try chat(model, before: before, after: #" , "stream":true"#)
        let prefix = try #require(reading.modelPrefix)
        #expect(prefix.name == name)
        #expect(prefix.rest == rest)
        reading.cut(prefix)
        #expect(reading.model == rest)
        let text = String(decoding: reading.forwarded, as: UTF8.self)
        #expect(text == #"{\#(before)"model":\#(left),"messages":[] , "stream":true}"#)
    }

    @Test(arguments: [#""gpt-4o""#, #""/gpt""#, #""groq/""#, #""/""#, #""""#])
    func whatHasNoTwoPartsHasNoPrefix(_ model: String) throws {
        #expect(try chat(model).modelPrefix == nil)
    }

    /// JSON-5
    @Test func theLastModelCounts() throws {
        var reading = try chat(#""b/two""#, before: #""model":"a/one","#)
        let prefix = try #require(reading.modelPrefix)
        #expect(prefix.name == "b")
        reading.cut(prefix)
        let text = String(decoding: reading.forwarded, as: UTF8.self)
        #expect(text == #"{"model":"a/one","model":"two","messages":[]}"#)
    }

    /// EXC-1 goes on beside it.
    @Test func framesGoAsWell() throws {
        let id = try #require(TraceID("trace-1"))
        let frame = String(decoding: try #require(InvisibleSignature.encodeV1(id)), as: UTF8.self)
        let body =
            #"{"messages":[{"role":"assistant","content":"Hi\#(frame)"}],"model":"a/b\#(frame)","user":"u\#(frame)"}"#
        var reading = try RequestReading(Array(body.utf8), format: .chat)
        let prefix = try #require(reading.modelPrefix)
        reading.cut(prefix)
        let text = String(decoding: reading.forwarded, as: UTF8.self)
        #expect(text == #"{"messages":[{"role":"assistant","content":"Hi"}],"model":"b","user":"u"}"#)
    }

    @Test func otherBodiesHaveThemToo() {
        let body = Array(#"{"input":"x","model":"emb/small"}"#.utf8)
        let reading = PassThroughBody(body)
        #expect(reading.modelPrefix?.name == "emb")
        #expect(reading.forwarded() == body)
        #expect(
            String(decoding: reading.forwarded(cutsModelPrefix: true), as: UTF8.self)
                == #"{"input":"x","model":"small"}"#
        )
        for other in ["no JSON", "[]", #"{"model":7}"#, #"{"a":{"model":"x/y"}}"#] {
            let reading = PassThroughBody(Array(other.utf8))
            #expect(reading.modelPrefix == nil)
            #expect(reading.forwarded(cutsModelPrefix: true) == Array(other.utf8))
        }
    }
}

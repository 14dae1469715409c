import Testing
import WhyOps

struct RequestVectorTests {
    @Test(arguments: Vectors.rewriteRequest)
    func rewriteRequest(_ vector: ConformanceCase) throws {
        let format = try #require(ExchangeFormat(rawValue: vector.input["format"]?.text ?? ""))
        let reading = try RequestReading(vector.text("body"), format: format)
        #expect(reading.forwarded == TextValue.bytes(vector.output?["body"]))

        let fresh = try #require(TraceID("a-new-id"))
        let resolution = TraceResolution(
            traceHeader: header("x-trace-id", of: vector),
            threadHeader: header("x-thread-id", of: vector),
            turns: reading.turns,
            known: [:],
            fresh: fresh
        )
        #expect(resolution.source.rawValue == vector.output?["source"]?.text)
        #expect(resolution.id.text == vector.output?["traceId"]?.text ?? fresh.text)
    }

    private func header(_ name: String, of vector: ConformanceCase) -> String? {
        guard case .object(let members) = vector.input["headers"] else { return nil }
        return members.last { String(decoding: $0.name, as: UTF8.self).lowercased() == name }?.value.text
    }
}

import Testing
import WhyOpsConformance

/// The cases of signatures again, on the inside of JSON strings, as a proxy meets them.
struct InsideJSONTests {
    static let cases = Suite.cases.filter {
        ["signature.extract", "signature.strip", "signature.carrier"].contains($0.operation)
            && $0.input["text"]?["hex"] == nil && ($0.text("text")?.count ?? 0) < 20_000
    }

    @Test(arguments: cases)
    func escapesReadAsTheText(_ vector: ConformanceCase) throws {
        let plan = try #require(CasePlan(vector))
        let text = try #require(vector.text("text"))
        let inside = JSON.object([.init("escaped", .string(WTF8.escaped(text)))])
        let others = vector.input.members.filter { $0.name != Array("text".utf8) }
        let answer = CoreTestee().answer(vector.operation, .object([.init("text", inside)] + others))
        #expect(plan.verdict(on: [answer]) == .pass)
    }

    /// What stays is spelt as it came.
    @Test(arguments: Suite.cases("signature.strip").filter { $0.input["text"]?["escaped"] != nil })
    func spellingIsKept(_ vector: ConformanceCase) throws {
        let answer = CoreTestee().answer(vector.operation, vector.input)
        guard case .output(let output) = answer else {
            Issue.record("no output")
            return
        }
        #expect(TextValue.escaped(output["text"]) == TextValue.escaped(vector.output?["text"]))
    }

    @Test(arguments: cases.filter { $0.operation == "signature.strip" })
    func strippingTwiceChangesNothing(_ vector: ConformanceCase) throws {
        let expected = try #require(vector.output?["text"])
        let rest = vector.input.members.filter { $0.name != Array("text".utf8) }
        let answer = CoreTestee().answer(vector.operation, .object([.init("text", expected)] + rest))
        let plan = try #require(CasePlan(vector))
        #expect(plan.verdict(on: [answer]) == .pass)
    }
}

import Testing
import WhyOpsConformance

/// Every case, answered by the core in this process.
struct CoreTests {
    @Test(arguments: Suite.cases)
    func answerIsRight(_ vector: ConformanceCase) throws {
        let plan = try #require(CasePlan(vector, cuts: .none), "no plan for \(vector.operation)")
        let testee = CoreTestee()
        let answers = plan.inputs.map { testee.answer(vector.operation, $0) }
        #expect(plan.verdict(on: answers) == .pass)
    }

    /// A file that was not read would pass unseen.
    @Test func everyListedCaseIsThere() throws {
        let suite = try #require(Suite.whole)
        #expect(suite.files.map(\.cases.count) == suite.files.map(\.listedCount))
        #expect(Suite.cases.count > 1900)
    }
}

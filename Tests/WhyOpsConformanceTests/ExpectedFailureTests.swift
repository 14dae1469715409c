import Testing

@testable import WhyOpsConformance

struct ExpectedFailureTests {
    private func result(_ id: String, _ status: CaseResult.Status) -> CaseResult {
        CaseResult(id: id, conformanceClass: .codec, isOptional: false, status: status)
    }

    @Test func expectedFailureIsNoFinding() throws {
        let list = try ExpectedFailures("a/*  # nested frames, https://example.org/1\n\n# a remark\n")
        let results = list.applied(to: [result("a/1", .fail), result("a/2", .error), result("b/1", .fail)])
        #expect(results.map(\.status) == [.xfail, .xfail, .fail])
        #expect(results[0].detail == "nested frames, https://example.org/1")
    }

    @Test func unexpectedPassIsAFinding() throws {
        let list = try ExpectedFailures("a/1 # r, https://example.org/1")
        let results = list.applied(to: [result("a/1", .pass), result("a/2", .pass), result("a/1", .skipped)])
        #expect(results.map(\.status) == [.xpass, .pass, .skipped])
        #expect(results[0].status.isFinding)
    }

    @Test(arguments: ["a/1", "a/1 #", "a/1 # a reason without an address"])
    func reasonAndAddressAreRequired(_ line: String) {
        #expect(throws: ExpectedFailures.Fault.self) { try ExpectedFailures(line) }
    }

    @Test func lineThatMatchesNothingIsTold() throws {
        let list = try ExpectedFailures("a/1 # r, https://e.org\nzzz* # r, https://e.org")
        #expect(list.unmatched(in: ["a/1"])?.description == "line 2: 'zzz*' matches no case")
        #expect(list.unmatched(in: ["a/1", "zzz"]) == nil)
    }

    @Test(arguments: [
        ("*", "", true), ("a*c", "abbc", true), ("a*c", "abcd", false), ("a?c", "abc", true), ("a?c", "ac", false),
        ("*b*b*", "abab", true), ("a/b", "a/b", true), ("A/b", "a/b", false), ("**a", "xxa", true),
    ])
    func globMatches(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(Glob(pattern).matches(text) == expected)
    }
}

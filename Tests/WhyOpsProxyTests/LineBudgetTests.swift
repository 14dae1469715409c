import NIOCore
import Testing

@testable import WhyOpsProxy

/// PRX-117.
struct LineBudgetTests {
    private let budget = LineBudget(atOnce: 3, each: .seconds(1))
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test func someAtOnceAndThenOneInEachSpan() {
        #expect((0..<5).map { _ in budget.take(at: start) } == [0, 0, 0, nil, nil])
        #expect(budget.take(at: start + .milliseconds(999)) == nil)
        // Three were left out since.
        #expect(budget.take(at: start + .milliseconds(1000)) == 3)
        #expect(budget.take(at: start + .milliseconds(1999)) == nil)
        #expect(budget.take(at: start + .milliseconds(2000)) == 1)
    }

    @Test func aRestGivesNoMoreThanThereWereAtOnce() {
        for _ in 0..<3 { _ = budget.take(at: start) }
        let later = start + .hours(5)
        #expect((0..<4).map { _ in budget.take(at: later) } == [0, 0, 0, nil])
    }

    @Test func aClockThatStandsStillIsNoHarm() {
        #expect(budget.take(at: start + .seconds(9)) == 0)
        #expect(budget.take(at: start) == 0)
    }
}

import Testing
import WhyOps

@testable import WhyOpsIngest
@testable import WhyOpsStore

/// ING-57, ING-58
struct ChangeWindowTests {
    private func thread(_ id: String, at second: Int, events: Int = 1) -> StoredThread {
        StoredThread(
            traceId: id,
            agentID: "",
            agentName: "",
            agentVersionID: "",
            agentMetadata: [],
            externalUserId: nil,
            providerId: nil,
            model: nil,
            eventCount: events,
            firstEventAt: "",
            lastEventAt: "",
            lastActivity: Timestamp(milliseconds: Int64(second) * 1000).text,
            totalTokens: 0,
            errorCount: 0
        )
    }

    private func told(_ messages: [ThreadFeed.Message]) -> [String] {
        messages.map { message in
            switch message {
            case .changed(let thread): "\(thread.traceId)\(thread.eventCount)"
            case .gap: "gap"
            case .beat: "beat"
            }
        }
    }

    @Test func eachChangeIsToldOnce() {
        var window = ChangeWindow(start: Timestamp(milliseconds: 10_000))
        #expect(told(window.messages(for: [thread("old", at: 8), thread("new", at: 10)])) == ["new1"])
        #expect(told(window.messages(for: [thread("old", at: 8), thread("new", at: 10)])).isEmpty)
        #expect(told(window.messages(for: [thread("new", at: 10), thread("old", at: 11, events: 2)])) == ["old2"])
        #expect(window.moment == Timestamp(milliseconds: 11_000))
    }

    @Test func changeThatIsCommittedLateIsToldAllTheSame() {
        var window = ChangeWindow(start: Timestamp(milliseconds: 10_000))
        _ = window.messages(for: [thread("a", at: 12)])
        // Another node's clock is behind.
        #expect(told(window.messages(for: [thread("late", at: 9), thread("a", at: 12)])) == ["late1"])
        // Two changes of one moment.
        #expect(told(window.messages(for: [thread("late", at: 9), thread("a", at: 12, events: 2)])) == ["a2"])
    }

    @Test func moreThanCanBeToldIsAGap() {
        var window = ChangeWindow(start: Timestamp(milliseconds: 0))
        let many = (0..<ThreadFeed.changeLimit).map { thread("t\($0)-", at: $0 + 1) }
        #expect(told(window.messages(for: many)).prefix(2) == ["gap", "t0-1"])
        #expect(window.messages(for: many).isEmpty)
    }
}

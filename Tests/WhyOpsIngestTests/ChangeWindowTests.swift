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

    /// EVT-6: two spellings of the same characters are two threads, each told once.
    @Test func idsAreComparedByBytes() {
        var window = ChangeWindow(start: Timestamp(milliseconds: 0))
        let both = [thread("caf\u{E9}", at: 1), thread("cafe\u{301}", at: 1)]
        #expect(window.messages(for: both).count == 2)
        #expect(window.messages(for: both).isEmpty)
    }

    @Test func quietTimeIsNotReadAgain() {
        var window = ChangeWindow(start: Timestamp(milliseconds: 10_000))
        _ = window.messages(for: [thread("a", at: 12)])
        window.pass(to: Timestamp(milliseconds: 60_000))
        #expect(window.moment == Timestamp(milliseconds: 60_000))
        window.pass(to: Timestamp(milliseconds: 50_000))
        #expect(window.moment == Timestamp(milliseconds: 60_000))
        #expect(told(window.messages(for: [thread("a", at: 55, events: 2)])) == ["a2"])
    }

    // MARK: What waits for a listener

    @Test func slowListenerGetsAGapAndTheNewest() {
        let mailbox = ThreadMailbox(number: 1)
        for second in 0...ThreadFeed.changeLimit { mailbox.post([.changed(thread("t\(second)-", at: second))]) }
        let messages = told(mailbox.take())
        #expect(messages.count == ThreadFeed.changeLimit + 1)
        #expect(messages.prefix(2) == ["gap", "t1-1"])
        #expect(messages.last == "t\(ThreadFeed.changeLimit)-1")
        #expect(mailbox.take().isEmpty)
    }

    @Test func ofSeveralChangesOfATraceTheLastOneWaits() {
        let mailbox = ThreadMailbox(number: 1)
        mailbox.post([.changed(thread("a", at: 1)), .changed(thread("b", at: 2))])
        mailbox.post([.beat, .changed(thread("a", at: 3, events: 2))])
        #expect(told(mailbox.take()) == ["b1", "a2", "beat"])
    }

    /// However many changes of one trace come, they take the room of one.
    @Test func oneBusyTraceIsNoGap() {
        let mailbox = ThreadMailbox(number: 1)
        mailbox.post([.changed(thread("quiet", at: 0))])
        for count in 1...3000 { mailbox.post([.changed(thread("busy", at: 1, events: count))]) }
        #expect(told(mailbox.take()) == ["quiet1", "busy3000"])
    }

    @Test func moreThanCanBeToldIsAGap() {
        var window = ChangeWindow(start: Timestamp(milliseconds: 0))
        let many = (0..<ThreadFeed.changeLimit).map { thread("t\($0)-", at: $0 + 1) }
        #expect(told(window.messages(for: many)).prefix(2) == ["gap", "t0-1"])
        #expect(window.messages(for: many).isEmpty)
    }
}

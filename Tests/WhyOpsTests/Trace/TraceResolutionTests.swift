import Testing

@testable import WhyOps

struct TraceResolutionTests {
    private func id(_ text: String) throws -> TraceID { try #require(TraceID(text)) }

    private func resolve(
        trace: String? = nil,
        thread: String? = nil,
        turns: [AssistantTurn] = [],
        known: [EchoID: TraceID] = [:],
        acceptsV1: Bool = true
    ) throws -> TraceResolution {
        let fresh = try id("fresh")
        return TraceResolution(
            traceHeader: trace,
            threadHeader: thread,
            turns: turns,
            known: known,
            fresh: fresh,
            acceptsV1: acceptsV1
        )
    }

    @Test func rungsDecideInOrder() throws {
        let echo = try #require(EchoID(.toolCall, "call_1"))
        let turn = AssistantTurn(echoes: [echo], signature: try id("signed"), toolArgument: try id("argument"))
        let known = [echo: try id("echoed")]
        #expect(try resolve(trace: "t", thread: "h", turns: [turn], known: known).source == .traceHeader)
        #expect(try resolve(thread: "h", turns: [turn], known: known).id.text == "h")
        #expect(try resolve(turns: [turn], known: known).id.text == "echoed")
        #expect(try resolve(turns: [turn]).id.text == "signed")
        #expect(try resolve(turns: [turn], acceptsV1: false).id.text == "argument")
        #expect(try resolve().source == .new)
        #expect(try resolve().id.text == "fresh")
    }

    @Test func newestTurnWinsAndTheOthersAreLinks() throws {
        let turns = [
            AssistantTurn(), AssistantTurn(signature: try id("b")), AssistantTurn(signature: try id("a")),
            AssistantTurn(signature: try id("b")), AssistantTurn(signature: try id("c")),
        ]
        let resolution = try resolve(turns: turns)
        #expect(resolution.id.text == "b")
        #expect(resolution.links.map(\.text) == ["a", "c"])
    }

    @Test(arguments: ["", "   ", String(repeating: "x", count: 129), "caf\u{E9}", "a\u{1}b", "\u{200B}"])
    func headerThatIsNoIDIsIgnoredAndCounted(_ value: String) throws {
        let resolution = try resolve(trace: value, thread: "h")
        #expect(resolution.id.text == "h")
        #expect(resolution.ignoredHeaders == [.traceID])
    }

    @Test func headerIsTrimmed() throws {
        #expect(try resolve(trace: " session 123\t").id.text == "session 123")
    }

    @Test func linksAreBounded() throws {
        let turns = try (0..<40).map { AssistantTurn(signature: try id("id-\($0)")) }
        #expect(try resolve(turns: turns).links.count == 16)
    }

    // MARK: Harness sessions

    private func session(_ headers: [String: String]) -> HarnessSession { HarnessSession { headers[$0] } }

    @Test func agentsOfASessionShareItsTraceAndAreToldApart() throws {
        let claude = [
            "x-claude-code-session-id": "s", "x-claude-code-agent-id": "a", "x-claude-code-parent-agent-id": "p",
        ]
        let codex = ["originator": "codex_exec", "session-id": "s", "thread-id": "a", "x-codex-parent-thread-id": "p"]
        for (harness, headers) in [("claude-code", claude), ("codex", codex)] {
            let agent = session(headers)
            #expect(agent.trace == (try id("\(harness):s")))
            #expect(agent.branch == "a")
            #expect(agent.parentBranch == "p")
        }
        let task = session(["x-opencode-session": "a", "x-parent-session-id": "s"])
        #expect(task.trace == (try id("opencode:s")))
        #expect(task.branch == "a")
    }

    @Test func mainAgentOfASessionIsNoBranch() {
        #expect(session(["x-claude-code-session-id": "s"]).branch == nil)
        #expect(session(["x-opencode-session": "s", "x-parent-session-id": "s"]).branch == nil)
        #expect(session(["originator": "codex_exec", "session-id": "s", "thread-id": "s"]).branch == nil)
    }

    @Test func sessionThatIsNoIDIsIgnoredAndCounted() throws {
        let harness = session([
            "x-claude-code-session-id": "caf\u{E9}", "x-opencode-session": String(repeating: "x", count: 120),
        ])
        #expect(harness.trace == nil)
        #expect(harness.ignoredHeaders == [.claudeCodeSession, .openCodeSession])
        let fresh = try id("fresh")
        let resolution = TraceResolution(
            traceHeader: "",
            threadHeader: nil,
            turns: [],
            known: [:],
            harness: harness,
            fresh: fresh
        )
        #expect(resolution.source == .new)
        #expect(resolution.ignoredHeaders == [.claudeCodeSession, .openCodeSession, .traceID])
    }

    // MARK: Echoed ids

    @Test func echoOfAnotherEnvironmentIsUnknown() throws {
        var links = EchoLinks(capacity: 4)
        let echo = try #require(EchoID(.toolCall, "call_1"))
        links.insert(echo, trace: try id("t"), environment: "one")
        #expect(links.knowledge(of: [echo], environment: "one").traces == [echo: try id("t")])
        #expect(links.knowledge(of: [echo], environment: "two").traces.isEmpty)
    }

    @Test func idThatTwoTracesGaveOutProvesNothing() throws {
        var links = EchoLinks(capacity: 4)
        let echo = try #require(EchoID(.toolCall, "call_0"))
        links.insert(echo, trace: try id("a"), environment: "e")
        links.insert(echo, trace: try id("a"), environment: "e")
        #expect(links.knowledge(of: [echo], environment: "e").traces.count == 1)
        links.insert(echo, trace: try id("b"), environment: "e")
        let knowledge = links.knowledge(of: [echo], environment: "e")
        #expect(knowledge.traces.isEmpty)
        #expect(knowledge.ambiguous == [echo])
    }

    @Test func oldestLinksGoFirst() throws {
        var links = EchoLinks(capacity: 3)
        let echoes = try (0..<5).map { try #require(EchoID(.toolCall, "call_\($0)")) }
        for echo in echoes { links.insert(echo, trace: try id("t"), environment: "e") }
        let known = links.knowledge(of: echoes, environment: "e").traces
        #expect(links.count == 3)
        #expect(Set(known.keys) == Set(echoes[2...]))
    }

    @Test func idsAreComparedByteByByte() throws {
        #expect(try id("caf\u{E9}") != id("cafe\u{301}"))
        #expect(try Set([id("caf\u{E9}"), id("cafe\u{301}")]).count == 2)
    }

    @Test func newIDIsAVersion4UUID() {
        let id = TraceID(random: [16 of UInt8](repeating: 0xFF))
        #expect(id.text == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    }
}

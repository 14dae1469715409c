import ServiceLifecycle
import Testing
import WhyOps

@testable import WhyOpsClient

/// How the agent is registered (CLT-4 to CLT-7, CLT-42).
@Suite(.timeLimit(.minutes(1))) struct RegistrationTests {
    static let metadata = AgentMetadata(
        systemPrompt: "You are helpful.",
        description: "Helps.",
        tools: [AgentTool(name: "search", description: "Searches.", inputSchema: "{}", outputSchema: "{}")]
    )

    @Test func eventsRegisterTheAgentFirstAndOnce() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service, metadata: Self.metadata) { $0.batchEvents = 1 }
            Fixture.record(3, in: client)
            _ = await client.settle()
            #expect(service.registrations.map(\.path) == ["/api/entities/init"])
            let request = try #require(service.registrations.first)
            #expect(
                request.text == #"{"agentName":"customer-support-agent","metadata":{"systemPrompt":"You are helpful.","#
                    + #""description":"Helps.","tools":[{"name":"search","inputSchema":"{}","outputSchema":"{}","#
                    + #""description":"Searches."}]}}"#
            )
            let info = try await client.initAgent()
            #expect(info.agentId == "a1" && info.status == "created" && service.registrations.count == 1)
            let read = try AgentRegistrationRequest(try JSONDocument(request.body).root)
            #expect(read.definition.tools.count == 1)
        }
    }

    @Test func theProxyIsTheSecondAddress() async throws {
        try await ServiceDouble.with(registration: { request, _ in
            request.path == "/v1/agents/init" ? .registered : .status(404)
        }) { service in
            let client = Fixture.client(of: service)
            let info = try await client.initAgent()
            #expect(info.agentVersionId == "v1")
            #expect(service.registrations.map(\.path) == ["/api/entities/init", "/v1/agents/init"])
        }
    }

    @Test func whoAsksForItIsToldWhyItFails() async throws {
        try await ServiceDouble.with(registration: { _, _ in
            .status(400, #"{"success":false,"error":{"message":"systemPrompt is required"}}"#)
        }) { service in
            let client = Fixture.client(of: service)
            let error = await #expect(throws: ClientError.self) { try await client.initAgent() }
            #expect(error?.code == .registration && error?.status == 400)
            #expect(error?.message == "systemPrompt is required")
            // The other address is the same service.
            #expect(service.registrations.count == 1)
        }
    }

    @Test func whoAsksForItWaitsForAFewAttempts() async throws {
        try await ServiceDouble.with(registration: { _, number in
            number < 4 ? .status(503) : .registered
        }) { service in
            let client = Fixture.client(of: service)
            let info = try await client.initAgent()
            #expect(info.agentId == "a1")
            #expect(service.registrations.count == 4)
        }
    }

    @Test func eventsGoOnWithoutAndTryAgainAfterAWhile() async throws {
        try await ServiceDouble.with(registration: { _, number in
            number < 3 ? .status(500) : .registered
        }) { service in
            let time = TestTime()
            let reports = Reports()
            let client = Fixture.client(of: service, time: time, reports: reports)
            for number in 1...3 {
                Fixture.record(1, from: number, in: client)
                #expect(await client.settle().acknowledged == 1)
            }
            #expect(service.registrations.count == 2)
            #expect(reports.codes == [.registration])
            time.advance(by: .seconds(61))
            Fixture.record(1, in: client)
            _ = await client.settle()
            #expect(service.registrations.count == 3)
        }
    }

    @Test func allWhoAskAtOnceGetOneAnswer() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service)
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await client.initAgent().agentId } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids == ["a1"] && service.registrations.count == 1)
        }
    }

    @Test func aClientMayLeaveItToOthers() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service) { $0.registersAgent = false }
            Fixture.record(1, in: client)
            #expect(await client.settle().acknowledged == 1)
            #expect(service.registrations.isEmpty)
        }
    }

    @Test func aServiceSendsWhatIsLeftWhenItIsToldToStop() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service) { $0.shutdownTimeout = Fixture.never }
            Fixture.record(3, in: client)
            let task = Task { try await client.run() }
            // As a group does it whose other services fail.
            task.cancel()
            try await task.value
            #expect(service.requests.flatMap(\.messages).count == 3)
            #expect(client.statistics.acknowledged == 3)
        }
    }
}

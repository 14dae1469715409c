import ServiceLifecycle
import Synchronization
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
                request.text == #"{"agentName":"customer-support-agent","metadata":{"tools":[{"name":"search","#
                    + #""description":"Searches.","inputSchema":"{}","outputSchema":"{}"}],"#
                    + #""systemPrompt":"You are helpful.","description":"Helps."}}"#
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

    /// As a handler of a request does it whose client is gone.
    @Test func aCancelledTaskStillSendsWhatIsLeft() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service)
            Fixture.record(3, in: client)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                let left = await client.flush(timeout: Fixture.never).left
                return (left, await client.shutdown(timeout: Fixture.never))
            }
            #expect(await task.value.1.isComplete)
            #expect(service.requests.flatMap(\.messages).count == 3)
            #expect(client.statistics.acknowledged == 3)
        }
    }
}

/// Which services a client speaks to (CLT-1, CLT-4).
@Suite(.timeLimit(.minutes(1))) struct AddressTests {
    private static func endpoints(_ proxy: String?, _ analyse: String?) -> Endpoints {
        Endpoints(proxy: proxy, analyse: analyse, apiKey: Secret(text: Fixture.key))
    }

    @Test func theSecondAddressIsOfTheSameService() {
        let own = "http://127.0.0.1:1"
        #expect(Self.endpoints(nil, nil).fallbackRegistration == "https://proxy.whyops.com/v1/agents/init")
        #expect(Self.endpoints("", "").fallbackRegistration == "https://proxy.whyops.com/v1/agents/init")
        #expect(Self.endpoints(own, own + "/api").fallbackRegistration == own + "/v1/agents/init")
        for proxy in [nil, "", "https://proxy.whyops.com", "https://proxy.whyops.com/"] {
            #expect(Self.endpoints(proxy, own).fallbackRegistration == nil && Self.endpoints(proxy, own).fault == nil)
        }
        // Said on purpose: a proxy of one's own before the hosted service.
        let hosted = Self.endpoints(own, "https://a.whyops.com/api/")
        #expect(hosted.fallbackRegistration == nil && hosted.fault == nil)
    }

    /// The key, the prompt and the tools of a service of one's own are none of the hosted one's business.
    @Test func withoutAProxyOfOnesOwnNoOtherIsAsked() async throws {
        try await ServiceDouble.with(registration: { _, _ in .status(404) }) { service in
            let reports = Reports()
            let asked = Asked()
            let client = Fixture.client(analyse: service.url + "/api", reports: reports, transport: asked)
            Fixture.record(1, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 1))
            #expect(asked.urls.allSatisfy { $0.hasPrefix(service.url) } && asked.urls.count == 2)
            #expect(reports.codes == [.registration] && reports.all.first?.status == 404)
        }
    }

    @Test func aProxyOfOnesOwnAloneIsToldAndNothingIsSent() async {
        let reports = Reports()
        let asked = Asked()
        let client = Fixture.client(proxy: "http://127.0.0.1:1", reports: reports, transport: asked)
        let error = await #expect(throws: ClientError.self) { try await client.initAgent() }
        #expect(error?.code == .configuration)
        await client.shutdown()
        #expect(reports.codes == [.configuration] && asked.urls.isEmpty)
    }

    @Test(arguments: [401, 403]) func aSecondAddressThatDoesNotKnowTheKeyStopsNothing(_ status: Int) async throws {
        try await ServiceDouble.with(registration: { request, _ in
            request.path == "/v1/agents/init" ? .status(status) : .status(404)
        }) { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports)
            Fixture.record(2, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 2))
            #expect(reports.codes == [.registration] && reports.all.first?.status == status)
        }
    }

    @Test func aFirstAddressThatDoesNotKnowTheKeyEndsIt() async throws {
        try await ServiceDouble.with(registration: { _, _ in .status(401) }) { service in
            let client = Fixture.client(of: service)
            Fixture.record(2, in: client)
            #expect(await client.settle() == FlushResult(lost: 2))
            #expect(service.registrations.count == 1 && service.requests.isEmpty)
        }
    }
}

/// Notes where requests go, and sends them.
private final class Asked: ClientTransport {
    private let noted = Mutex<[String]>([])
    var urls: [String] { noted.withLock { $0 } }

    func send(_ request: ClientRequest) async throws -> ClientResponse {
        noted.withLock { $0.append(request.url) }
        return try await HTTPClientTransport().send(request)
    }
}

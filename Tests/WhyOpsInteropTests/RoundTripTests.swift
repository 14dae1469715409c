import Testing
import WhyOps
import WhyOpsInterop

/// Events to spans and back (IOP-30 to IOP-34).
@Suite struct RoundTripTests {
    typealias Conventions = TraceExportOptions.Conventions

    // IOP-14, IOP-33
    @Test(arguments: Golden.names, Conventions.allCases)
    func anExactExportGivesTheSameEvents(_ name: String, _ conventions: Conventions) throws {
        let request = try Golden.request(name, conventions) {
            $0.isExact = true
            $0.withUsers = true
        }
        #expect(try Golden.back(request) == Golden.events(name))
    }

    // IOP-33
    @Test(arguments: Golden.names, Conventions.allCases)
    func typesStepsTimesAndKeysComeBack(_ name: String, _ conventions: Conventions) throws {
        let back = try Golden.back(Golden.request(name, conventions))
        let events = try Golden.events(name)
        #expect(back.map(\.eventType) == events.map(\.eventType))
        #expect(back.map(\.stepId) == events.map(\.stepId))
        #expect(back.map(\.parentStepId) == events.map(\.parentStepId))
        #expect(back.map(\.timestamp) == events.map(\.timestamp))
        #expect(back.map(\.spanId) == events.map(\.spanId))
        #expect(back.map(\.idempotencyKey) == events.map(\.idempotencyKey))
        #expect(Set(back.map(\.traceId)) == [events[0].traceId])
        #expect(back.map(\.agentName) == events.map(\.agentName))
    }

    // What the table promises is in the spans once more after a second export.
    @Test(arguments: Golden.names, Conventions.allCases)
    func aSecondExportSaysTheSame(_ name: String, _ conventions: Conventions) throws {
        let first = try Golden.request(name, conventions)
        var options = TraceExportOptions()
        options.conventions = conventions
        let items = try Golden.back(first).map { TraceItem($0, agentVersion: "version-1") }
        let second = TraceExport(items, agentID: "agent-1", options: options).spans
        #expect(second.map(\.name) == first.spans.map(\.name))
        // The caller's own span is in metadata that no attribute has; raw parts and tools keep the form of one vendor.
        let forms: Set<String> = ["whyops.events", "llm.tools.0.tool.json_schema", "llm.invocation_parameters"]
        for (one, other) in zip(first.spans, second) {
            for attribute in one.attributes where !forms.contains(attribute.key) {
                #expect(other.attributes.contains(attribute), "\(one.name): \(attribute)")
            }
            #expect(one.start == other.start && one.end == other.end && one.status == other.status)
        }
    }

    @Test(arguments: Golden.names, Conventions.allCases)
    func whatComesBackIsAcceptedByTheStrictProfile(_ name: String, _ conventions: Conventions) throws {
        for event in try Golden.back(Golden.request(name, conventions)) {
            #expect(throws: Never.self) {
                try EventValidator(profile: .strict).read(JSONDocument(event.json).root)
            }
        }
    }

    @Test func viewsComeBack() throws {
        let events = try Golden.events("proxied-chat")
        for conventions in Conventions.allCases {
            let back = try Golden.back(Golden.request("proxied-chat", conventions))
            #expect(back.map { EventView($0) } == events.map { EventView($0) })
        }
    }
}

import Testing
import WhyOps

@Suite struct EventValidatorTests {
    static let files = ["validate", "validate-invalid", "validate-strict"]
    static let cases = files.flatMap { VectorFile.cases("event/\($0).json") }

    private func validator(_ vector: VectorCase) throws -> EventValidator {
        var tenant: EventTenant?
        if let ids = vector.input["tenant"] {
            tenant = EventTenant(
                userId: try #require(ids["userId"]?.string),
                projectId: try #require(ids["projectId"]?.string),
                environmentId: try #require(ids["environmentId"]?.string)
            )
        }
        return EventValidator(
            fixedType: vector.input["eventType"]?.string.flatMap { EventType(name: $0) },
            profile: try #require(EventProfile(name: vector.input["profile"]?.string ?? "original")),
            tenant: tenant
        )
    }

    @Test func filesHoldTheirCases() {
        #expect(VectorFile.cases("event/validate.json").count >= 101)
        #expect(VectorFile.cases("event/validate-invalid.json").count >= 141)
        #expect(VectorFile.cases("event/validate-strict.json").count >= 443)
    }

    @Test(arguments: cases) func everyFaultIsReportedAtItsPlace(_ vector: VectorCase) throws {
        let document = try vector.document
        let faults = try validator(vector).faults(in: document)
        #expect(
            faults.map { "\($0.pointer) \($0.rule)" }.sorted() == VectorFile.faults(vector.output).sorted()
        )
        #expect(faults.allSatisfy { !$0.message.isEmpty && !$0.code.isEmpty })
    }

    @Test(arguments: cases) func readingAndCheckingAgree(_ vector: VectorCase) throws {
        let document = try vector.document
        let validator = try validator(vector)
        let faults = validator.faults(in: document)
        do {
            let reading = try validator.read(document.root)
            #expect(faults.isEmpty)
            #expect(reading.events.count == (reading.isBatch ? document.root.children.count : 1))
        } catch {
            #expect(error.faults == faults)
        }
    }

    @Test func faultsAfterTheFirstThousandAreLeftOut() throws {
        let document = try JSONDocument(Array("[\(String(repeating: "1,", count: 4999))1]".utf8))
        let faults = EventValidator().faults(in: document)
        #expect(faults.count == 1000)
        #expect(faults.last?.pointer == "/999")
        let error = try #require(throws: InvalidInput.self) { _ = try EventValidator().read(document.root) }
        #expect(error.faults.count == 1000)
    }

    @Test func everyFaultSaysWhatToDo() throws {
        let document = try JSONDocument(Array(#"[{"eventType":"nope","traceId":1},7]"#.utf8))
        let error = try #require(throws: InvalidInput.self) { _ = try EventValidator().read(document.root) }
        #expect(
            error.faults.map(\.rule) == ["eventType.enum", "traceId.type", "agentName.required", "body.type"]
        )
        #expect(error.faults.map(\.field) == ["0.eventType", "0.traceId", "0.agentName", "1"])
        #expect(error.faults.allSatisfy { !$0.message.isEmpty && !$0.code.isEmpty })
        #expect(error.faults[0].message.contains("user_message"))
    }

    /// Would not end in a day if each repetition cost a look at all the others.
    @Test func repeatedNamesCostNoMoreThanTheirLength() throws {
        let usage = String(repeating: #""input":-1,"#, count: 300_000) + #""input":1"#
        let text =
            #"{"eventType":"error","traceId":"t","agentName":"a","content":"x","metadata":{"usage":{\#(usage)}}}"#
        #expect(EventValidator(profile: .strict).faults(in: try JSONDocument(Array(text.utf8))).isEmpty)
    }

    @Test func pointerEscapesTildeAndSlash() {
        let fault = InputFault(path: [.item(0), .member("a/b~c")], rule: "r", code: "c", message: "m")
        #expect(fault.pointer == "/0/a~1b~0c")
    }

    @Test func contentAndMetadataKeepTheirBytes() throws {
        let content = #"{"z":1.10,"a":12345678901234567890, "a":[ 1e400,"é"]}"#
        let metadata = #"{ "b": 0.0 }"#
        let text =
            #"{"eventType":"user_message","traceId":"t","agentName":"a","content":\#(content),"metadata":\#(metadata)}"#
        let reading = try EventValidator().read(JSONDocument(Array(text.utf8)).root)
        #expect(reading.events.first?.content == Array(content.utf8))
        #expect(reading.events.first?.metadata == Array(metadata.utf8))
        #expect(reading.events.first?.json == Array(text.utf8))
    }

    @Test func lastDuplicateWinsAndEmptyIdsAreAbsent() throws {
        let text =
            #"{"eventType":"error","traceId":"a","traceId":"b","agentName":"n","spanId":"","idempotencyKey":"","stepId":2.0,"userId":"3b241101-e2bb-4255-8caf-4136c566a962"}"#
        let reading = try EventValidator().read(JSONDocument(Array(text.utf8)).root)
        #expect(reading.events == [Event(eventType: .error, traceId: "b", agentName: "n", stepId: 2)])
        #expect(reading.ignoredTenantIds == 1)
        #expect(!reading.isBatch)
    }

    @Test(arguments: VectorFile.cases("event/timestamp.json")) func timestampIsNormalised(_ vector: VectorCase) throws {
        let text = try #require(vector.input["text"]?.string)
        guard let expected = vector.output["timestamp"]?.string else {
            #expect(Timestamp(text) == nil)
            return
        }
        let timestamp = try #require(Timestamp(text))
        #expect(timestamp.text == expected)
        #expect(Timestamp(timestamp.text) == timestamp)
        #expect(Timestamp(milliseconds: timestamp.milliseconds) == timestamp)
    }
}

import Testing
import WhyOps

@Suite struct EventValidatorTests {
    static let valid = VectorFile.cases("event/validate.json")
    static let invalid = VectorFile.cases("event/invalid.json")

    private func faults(_ vector: VectorCase) throws -> [String] {
        let body = try #require(vector.input["body"])
        let type = vector.input["eventType"]?.string.flatMap { EventType(name: $0) }
        do {
            _ = try EventValidator(fixedType: type).read(body)
            return []
        } catch {
            return error.faults.map { "\($0.pointer) \($0.rule)" }
        }
    }

    @Test func filesHoldTheirCases() {
        #expect(Self.valid.count >= 72)
        #expect(Self.invalid.count >= 78)
    }

    @Test(arguments: valid) func validBodyIsRead(_ vector: VectorCase) throws {
        #expect(try faults(vector) == [])
    }

    @Test(arguments: invalid) func invalidBodyIsReportedAtItsPlace(_ vector: VectorCase) throws {
        let expected = VectorFile.faults(vector.output)
        let found = try faults(vector)
        // Imported cases name one fault; cases of our own name all.
        if vector.id.contains("/own/") {
            #expect(found == expected)
        } else {
            #expect(found.contains(expected[0]), "\(found)")
        }
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
        let timestamp = try #require(Timestamp(text))
        #expect(timestamp.text == vector.output["timestamp"]?.string)
        #expect(Timestamp(timestamp.text) == timestamp)
        #expect(Timestamp(milliseconds: timestamp.milliseconds) == timestamp)
    }
}

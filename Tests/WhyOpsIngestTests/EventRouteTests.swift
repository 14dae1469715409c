import HTTPTypes
import Testing
import WhyOps

@Suite struct EventRouteTests {
    private let minimal = #"{"eventType":"user_message","traceId":"t","agentName":"a"}"#

    /// The JSON text that a case is about.
    private static func body(of item: JSONValue) -> String {
        item["input"]?["text"]?.string ?? String(decoding: item["input"]?["body"]?.slice ?? [], as: UTF8.self)
    }

    // MARK: Accepting

    @Test func ingestAcceptsOneAndMany() async throws {
        try await withIngest { client in
            let one = try await client.post("/api/events/ingest", minimal)
            #expect(one.status == 202)
            #expect(one.text == #"{"success":true,"accepted":true,"queuedCount":1}"#)
            let many = try await client.post("/api/events/ingest", "[\(minimal),\(minimal)]")
            #expect(many["queuedCount"]?.integer == 2)
            let none = try await client.post("/api/events/ingest", "[]")
            #expect(none.status == 202)
            #expect(try await client.get("/api/events")["pagination"]?["total"]?.integer == 3)
        }
    }

    @Test func syncRouteAnswersWithResults() async throws {
        try await withIngest { client in
            let one = try await client.post("/api/events", minimal)
            #expect(one.status == 201)
            #expect(one["status"]?.string == "saved")
            #expect(one["stepId"]?.integer == 1)
            #expect(one["parentStepId"] == nil)
            #expect(one["spanId"]?.string?.hasPrefix("span_") == true)
            let many = try await client.post("/api/events", "[\(minimal),\(minimal)]")
            #expect(many.json?.children.compactMap { $0["stepId"]?.integer } == [2, 3])
        }
    }

    @Test func toolResultRouteNamesTheType() async throws {
        try await withIngest { client in
            let saved = try await client.post(
                "/api/events/tool-result",
                #"{"traceId":"t","agentName":"a","metadata":{"tool":"search"}}"#
            )
            #expect(saved.status == 201)
            let event = try await client.get("/api/events/\(saved["id"]?.string ?? "")")
            #expect(event["eventType"]?.string == "tool_call_response")
            let bad = try await client.post("/api/events/tool-result", #"{"traceId":"t","agentName":"a"}"#)
            #expect(bad.faults == ["/metadata/tool metadata.tool.required"])
        }
    }

    @Test func everyValidVectorIsAccepted() async throws {
        let cases = vectors("event/validate.json")
        #expect(cases.count >= 101)
        try await withIngest { client in
            for item in cases {
                let route = item["input"]?["eventType"] == nil ? "/api/events" : "/api/events/tool-result"
                let reply = try await client.post(route, Self.body(of: item))
                // Cases with the same explicit step in the same trace are in each other's way.
                #expect(
                    reply.status == 201 || reply.status == 409,
                    "\(item["id"]?.string ?? ""): \(reply.text)"
                )
            }
        }
    }

    @Test func everyInvalidVectorIsRefusedAtItsPlace() async throws {
        let cases = vectors("event/validate-invalid.json")
        #expect(cases.count >= 141)
        try await withIngest { client in
            for item in cases {
                let body = Self.body(of: item)
                let isToolResult = item["input"]?["eventType"] != nil
                let fault = item["expect"]?["output"]?["faults"]?.children.first
                let expected = "\(fault?["pointer"]?.string ?? "") \(fault?["rule"]?.string ?? "")"
                for route in isToolResult ? ["/api/events/tool-result"] : ["/api/events", "/api/events/ingest"] {
                    let reply = try await client.post(route, body)
                    #expect(reply.status == 400)
                    #expect(reply["error"]?.string == "Validation failed")
                    #expect(reply.faults.contains(expected), "\(item["id"]?.string ?? ""): \(reply.text)")
                }
            }
            #expect(try await client.get("/api/events")["pagination"]?["total"]?.integer == 0)
        }
    }

    // MARK: Profiles

    @Test(arguments: ["/api/events", "/api/events/ingest"]) func strictIsAskedFor(_ route: String) async throws {
        let event = #"{"eventType":"tool_result","traceId":"t","agentName":"a","content":{}}"#
        try await withIngest { client in
            let strict = try await client.post("\(route)?profile=strict", event)
            #expect(strict.status == 400)
            #expect(strict.faults == ["/content/toolName toolName.required", "/content/output output.required"])
            #expect(try await client.get("/api/threads/t").status == 404)
            #expect(try await client.post("\(route)?profile=original", event).status < 300)
            let unknown = try await client.post("\(route)?profile=Strict", event)
            #expect(unknown.status == 400)
            #expect(unknown["error"]?.string == "Invalid profile")
        }
    }

    @Test func strictRefusesForeignTenants() async throws {
        try await withIngest { client in
            let stored = try await client.post("/api/events", minimal)
            let own = try await client.get("/api/events/\(stored["id"]?.string ?? "")")["userId"]?.string ?? ""
            func event(_ id: String) -> String {
                #"{"eventType":"user_message","traceId":"u","agentName":"a","userId":"\#(id)","projectId":"\#(id)"}"#
            }
            #expect(try await client.post("/api/events?profile=strict", event(own.uppercased())).status == 201)
            let foreign = try await client.post(
                "/api/events?profile=strict",
                "[\(event("3b241101-e2bb-4255-8caf-4136c566a962")),7]"
            )
            #expect(foreign.status == 403)
            #expect(foreign["error"]?.string == "Tenant mismatch")
            #expect(
                foreign.faults == ["/0/userId tenant.mismatch", "/0/projectId tenant.mismatch", "/1 body.type"]
            )
            #expect(try await client.post("/api/events", event("3b241101-e2bb-4255-8caf-4136c566a962")).status == 201)
        }
    }

    @Test func repetitionIsKnownByItsCanonicalEncoding() async throws {
        try await withIngest { client in
            func event(_ content: String) -> String {
                #"{"eventType":"error","traceId":"t","agentName":"a","idempotencyKey":"k","content":\#(content)}"#
            }
            #expect(try await client.post("/api/events", event(#"{"a":1,"b":"é"}"#)).status == 201)
            let again = try await client.post("/api/events", event(#"{ "b" : "\u00e9", "a" : 1 }"#))
            #expect(again.status == 201)
            #expect(again["status"]?.string == "skipped")
            #expect(try await client.post("/api/events", event(#"{"a":1.0,"b":"é"}"#)).status == 409)
        }
    }

    // MARK: Refusing

    @Test func oneBadItemRefusesTheBatch() async throws {
        try await withIngest { client in
            let reply = try await client.post(
                "/api/events/ingest",
                #"[\#(minimal),{"eventType":"tool_call_request","traceId":"t","agentName":"a"}]"#
            )
            #expect(reply.status == 400)
            #expect(reply.faults == ["/1/metadata/tool metadata.tool.required"])
            #expect(reply["details"]?.children.first?["field"]?.string == "1.metadata.tool")
            #expect(reply["details"]?.children.first?["code"]?.string == "custom")
            #expect(try await client.get("/api/threads/t").status == 404)
        }
    }

    @Test(arguments: ["", "{", "{\"a\":1}x", "\u{1}", "[1,]"]) func textThatIsNotJSONIsRefused(_ body: String)
        async throws
    {
        try await withIngest { client in
            for route in ["/api/events", "/api/events/ingest", "/api/events/tool-result", "/api/entities/init"] {
                let reply = try await client.post(route, body)
                #expect(reply.status == 400)
                #expect(reply["error"]?.string == "Invalid JSON")
                #expect(reply["offset"]?.integer != nil)
            }
        }
    }

    @Test func otherMediaTypesAreRefusedAndNoneIsJSON() async throws {
        try await withIngest { client in
            for type in ["text/plain", "application/x-www-form-urlencoded"] {
                let reply = try await client.send(.post, "/api/events", body: minimal, type: type)
                #expect(reply.status == 415)
                #expect(reply["message"]?.string?.contains("application/json") == true)
            }
            for type in [nil, "application/json; charset=utf-8", "Application/JSON", "application/cloudevents+json"] {
                #expect(try await client.send(.post, "/api/events", body: minimal, type: type).status == 201)
            }
        }
    }

    @Test func limitsAreKept() async throws {
        try await withIngest(maximumBodyBytes: 100_000) { client in
            let filler = String(repeating: "x", count: 100_000)
            let long = try await client.post(
                "/api/events",
                #"{"eventType":"error","traceId":"t","agentName":"a","content":"\#(filler)"}"#
            )
            #expect(long.status == 413)
            let many = "[" + Array(repeating: minimal, count: 1000).joined(separator: ",")
            let full = try await client.post("/api/events/ingest", many + "]")
            #expect(full.status == 202)
            let over = try await client.post("/api/events/ingest", "\(many),\(minimal)]")
            #expect(over.status == 413)
        }
    }

    @Test func deepNestingIsRefused() async throws {
        try await withIngest { client in
            let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
            let reply = try await client.post(
                "/api/events",
                #"{"eventType":"error","traceId":"t","agentName":"a","content":\#(deep)}"#
            )
            #expect(reply.status == 400)
            #expect(reply["error"]?.string == "Invalid JSON")
        }
    }

    // MARK: Repeating

    @Test func keyedEventIsReplayedOrInConflict() async throws {
        try await withIngest { client in
            func body(_ content: Int, _ time: Int) -> String {
                """
                {"eventType":"error","traceId":"t","agentName":"a","idempotencyKey":"k","content":\(content),
                "timestamp":"2026-01-01T00:00:0\(time)Z"}
                """
            }
            let first = try await client.post("/api/events", body(1, 1))
            let again = try await client.post("/api/events", body(1, 2))
            #expect(again.status == 201)
            #expect(again["status"]?.string == "skipped")
            #expect(again["id"]?.string == first["id"]?.string)
            #expect(try await client.post("/api/events/ingest", body(1, 3)).status == 202)
            let other = try await client.post("/api/events/ingest", "[\(minimal),\(body(2, 1))]")
            #expect(other.status == 409)
            #expect(other.faults == ["/1 event.conflict"])
            #expect(try await client.get("/api/threads/t")["eventCount"]?.integer == 1)
        }
    }

    // MARK: Reading back

    @Test func contentAndMetadataComeBackByteForByte() async throws {
        let content = #"{"z":1.10,"a":12345678901234567890,"m":[1e400, "\u00e9",{"unknown":null}],"z2": 0.0}"#
        let metadata = #"{"model":"m","provider":"p","custom":{"b":1.0,"a":-0}}"#
        try await withIngest { client in
            let saved = try await client.post(
                "/api/events",
                #"{"eventType":"llm_response","traceId":"t","agentName":"a","content":\#(content),"metadata":\#(metadata)}"#
            )
            let id = saved["id"]?.string ?? ""
            for uri in [
                "/api/events/\(id)?include=content,metadata", "/api/events?include=metadata,content&traceId=t",
                "/api/threads/t?eventInclude=content,metadata",
            ] {
                let text = try await client.get(uri).text
                #expect(text.contains(#""content":\#(content)"#), "\(uri)")
                #expect(text.contains(#""metadata":\#(metadata)"#), "\(uri)")
            }
            #expect(try await client.get("/api/events/\(id)")["content"] == nil)
        }
    }

    @Test func headerNamesTheUserWhereTheEventDoesNot() async throws {
        try await withIngest { client in
            let own = #"{"eventType":"error","traceId":"t","agentName":"a","externalUserId":"own"}"#
            _ = try await client.post(
                "/api/events",
                "[\(minimal),\(own)]",
                headers: ["X-External-User-Id": "header"]
            )
            let events = try await client.get("/api/events?traceId=t")["events"]?.children ?? []
            #expect(events.compactMap { $0["externalUserId"]?.string } == ["own", "header"])
            let long = try await client.post(
                "/api/events",
                minimal,
                headers: ["X-External-User-Id": String(repeating: "u", count: 256)]
            )
            #expect(long.status == 400)
        }
    }

    @Test func eventsAreNewestFirstAndPaged() async throws {
        try await withIngest { client in
            _ = try await client.post("/api/events", "[\(minimal),\(minimal),\(minimal)]")
            let page = try await client.get("/api/events?limit=2&offset=1&threadId=t")
            #expect(page["events"]?.children.compactMap { $0["stepId"]?.integer } == [2, 1])
            #expect(page.text.contains(#""pagination":{"total":3,"limit":2,"offset":1,"hasMore":false}"#))
        }
    }

    @Test(arguments: ["limit=0", "limit=201", "limit=x", "offset=-1", "limit=1.5", "traceId=%00", "traceId=%ff"])
    func badParameterIsNamed(_ query: String) async throws {
        try await withIngest { client in
            let reply = try await client.get("/api/events?\(query)")
            #expect(reply.status == 400)
            #expect(reply["error"]?.string == "Invalid \(query.prefix { $0 != "=" })")
        }
    }

    @Test(arguments: ["x", "3b241101-e2bb-4255-8caf-4136c566a962", "%00", "%ff", "a%2Fb"])
    func missingEventIsNotFound(_ id: String) async throws {
        try await withIngest { client in
            let reply = try await client.get("/api/events/\(id)")
            #expect(reply.status == 404)
            #expect(reply["error"]?.string == "Event not found")
        }
    }
}

import HTTPTypes
import Testing
import WhyOps

@Suite struct AccessTests {
    private let minimal = #"{"eventType":"user_message","traceId":"t","agentName":"a"}"#

    @Test func routesNeedAKnownKey() async throws {
        try await withIngest { client in
            for uri in ["/api/events", "/api/events/x", "/api/threads", "/api/threads/x"] {
                for key in [nil, "", "unknown", "YOPS-test-key-000"] {
                    let reply = try await client.get(uri, key: key)
                    #expect(reply.status == 401)
                    #expect(reply["error"]?.string == "Unauthorized: Authentication required")
                }
            }
            for uri in ["/api/events", "/api/events/ingest", "/api/events/tool-result", "/api/entities/init"] {
                #expect(try await client.send(.post, uri, body: minimal, key: nil).status == 401)
            }
        }
    }

    @Test func keyOfAnyFormWorksInEitherHeader() async throws {
        try await withIngest { client in
            let key = IngestClient.otherKey
            #expect(try await client.get("/api/threads", key: key).status == 200)
            let header = try await client.send(.get, "/api/threads", key: nil, headers: ["X-API-Key": " \(key) "])
            #expect(header.status == 200)
            let both = try await client.send(.get, "/api/threads", key: "wrong", headers: ["X-API-Key": key])
            #expect(both.status == 401)
        }
    }

    @Test func tenantsDoNotSeeEachOther() async throws {
        try await withIngest { client in
            let saved = try await client.post("/api/events", minimal)
            let other = IngestClient.otherKey
            for uri in ["/api/threads/t", "/api/threads/never"] {
                let reply = try await client.get(uri, key: other)
                #expect(reply.status == 404)
                #expect(reply.text == #"{"success":false,"error":"Thread not found"}"#)
            }
            #expect(try await client.get("/api/events/\(saved["id"]?.string ?? "")", key: other).status == 404)
            #expect(try await client.get("/api/events?traceId=t", key: other)["pagination"]?["total"]?.integer == 0)
            #expect(try await client.get("/api/threads", key: other)["pagination"]?["total"]?.integer == 0)
        }
    }

    @Test func tenantIdsInABodyAreIgnoredAndCounted() async throws {
        try await withIngest { client in
            let foreign = "3b241101-e2bb-4255-8caf-4136c566a962"
            let saved = try await client.post(
                "/api/events",
                """
                {"eventType":"error","traceId":"t","agentName":"a","userId":"\(foreign)","projectId":"\(foreign)",
                "environmentId":"\(foreign)"}
                """
            )
            #expect(saved.status == 201)
            #expect(try await client.get("/api/threads/t").status == 200)
            #expect(try await client.get("/api/health", key: nil)["ignoredTenantIds"]?.integer == 3)
        }
    }

    @Test func healthNeedsNoKey() async throws {
        try await withIngest { client in
            for uri in ["/health", "/api/health"] {
                let reply = try await client.get(uri, key: nil)
                #expect(reply.status == 200)
                #expect(reply["status"]?.string == "healthy")
                #expect(reply["database"]?.string == "connected")
            }
            #expect(try await client.get("/api/health/ready", key: nil).text == #"{"status":"ready"}"#)
        }
    }

    @Test func unknownRouteIsNotFound() async throws {
        try await withIngest { client in
            for reply in [try await client.get("/api/nothing"), try await client.get("/nothing")] {
                #expect(reply.status == 404)
                #expect(reply.text == #"{"error":"Not Found"}"#)
                #expect(reply.headers[.contentType]?.hasPrefix("application/json") == true)
            }
        }
    }
}

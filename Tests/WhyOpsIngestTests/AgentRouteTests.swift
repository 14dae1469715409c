import Testing
import WhyOps

@Suite struct AgentRouteTests {
    private let definition =
        #"{"systemPrompt":"You are helpful.","tools":[],"description":""}"#

    @Test func definitionIsCreatedThenExisting() async throws {
        try await withIngest { client in
            let body = #"{"agentName":"a","metadata":\#(definition)}"#
            let created = try await client.post("/api/entities/init", body)
            #expect(created.status == 201)
            #expect(created["success"]?.kind == .true)
            #expect(created["status"]?.string == "created")
            #expect(created["versionHash"]?.string?.utf8.count == 32)
            let existing = try await client.post("/api/entities/init", body)
            #expect(existing.status == 200)
            #expect(existing["status"]?.string == "existing")
            #expect(existing["agentId"]?.string == created["agentId"]?.string)
            #expect(existing["agentVersionId"]?.string == created["agentVersionId"]?.string)
        }
    }

    @Test func everyVectorIsJudged() async throws {
        let cases = vectors("agent/validate.json")
        #expect(cases.count >= 25)
        try await withIngest { client in
            for item in cases {
                let body = String(decoding: item["input"]?["body"]?.slice ?? [], as: UTF8.self)
                let reply = try await client.post("/api/entities/init", body)
                guard let fault = item["expect"]?["output"]?["faults"]?.children.first else {
                    #expect([200, 201].contains(reply.status), "\(item["id"]?.string ?? ""): \(reply.text)")
                    continue
                }
                #expect(reply.status == 400)
                #expect(reply["success"]?.kind == .false)
                let issue = reply["error"]?["issues"]?.children.first
                #expect(issue?["pointer"]?.string == fault["pointer"]?.string)
                #expect(issue?["rule"]?.string == fault["rule"]?.string)
                #expect(issue?["path"]?.kind == .array)
            }
        }
    }

    @Test func versionHashIsTheOriginals() async throws {
        try await withIngest { client in
            for item in vectors("agent/version-hash.json") {
                let definition = item["input"]?["definition"]?.string ?? ""
                let reply = try await client.post(
                    "/api/entities/init",
                    #"{"agentName":"hashes","metadata":\#(definition)}"#
                )
                #expect(reply["versionHash"]?.string == item["expect"]?["output"]?["versionHash"]?.string)
            }
        }
    }

    @Test func definitionHashStandsBesideIt() async throws {
        try await withIngest { client in
            for item in vectors("agent/definition-hash.json") {
                guard let definition = item["input"]?["definition"]?.string, let output = item["expect"]?["output"]
                else { continue }
                let reply = try await client.post(
                    "/api/entities/init",
                    #"{"agentName":"definitions","metadata":\#(definition)}"#
                )
                #expect(reply.status == 200 || reply.status == 201)
                #expect(reply["definitionHash"] != nil)
                #expect(reply["definitionHash"]?.string == output["definitionHash"]?.string)
            }
        }
    }
}

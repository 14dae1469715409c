import HTTPTypes
import HummingbirdTesting
import Testing
import WhyOps
import WhyOpsIngest
import WhyOpsStore

/// The files of the trace viewer over HTTP.
struct ViewerRouteTests {
    @Test(arguments: ["/", "/viewer/main.js", "/viewer/base.css", "/viewer/icon.svg"])
    func filesAreServedWithoutKey(_ path: String) async throws {
        try await withIngest { ingest in
            let full = try await ingest.get(path, key: nil)
            #expect(full.status == 200)
            #expect(full.bytes.count > 100)
            #expect(full.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; script-src 'self';") == true)
            #expect(full.headers[.xContentTypeOptions] == "nosniff")
            #expect(full.headers[.cacheControl] == "no-cache")
            let head = try await ingest.send(.head, path, key: nil)
            #expect(head.status == 200)
            #expect(head.bytes.isEmpty)
            #expect(head.headers[.contentLength] == "\(full.bytes.count)")
            #expect(head.headers[.eTag] == full.headers[.eTag])
        }
    }

    @Test func entityTags() async throws {
        try await withIngest { ingest in
            let page = try await ingest.get("/", key: nil)
            let script = try await ingest.get("/viewer/main.js", key: nil)
            let tag = try #require(page.headers[.eTag])
            #expect(script.headers[.eTag] != tag)
            for (condition, status) in [
                (tag, 304), ("W/\(tag)", 304), ("\"other\", \(tag)", 304), ("*", 304), ("\"other\"", 200), ("", 200),
            ] {
                let reply = try await ingest.send(.get, "/", key: nil, headers: ["If-None-Match": condition])
                #expect(reply.status == status, "\(condition)")
                #expect(reply.bytes.isEmpty == (status == 304))
                #expect(reply.headers[.eTag] == tag)
                #expect(reply.headers[.contentSecurityPolicy] != nil)
            }
        }
    }

    @Test func typesAreWhatBrowsersExecute() async throws {
        try await withIngest { ingest in
            for (path, type) in [
                ("/", "text/html; charset=utf-8"), ("/viewer/api.js", "text/javascript; charset=utf-8"),
                ("/viewer/list.css", "text/css; charset=utf-8"), ("/viewer/icon.svg", "image/svg+xml; charset=utf-8"),
            ] {
                let reply = try await ingest.get(path, key: nil)
                #expect(reply.headers[.contentType] == type)
            }
        }
    }

    @Test(arguments: ["/viewer", "/viewer/none.js", "/viewer/..%2Fapi", "/viewer/page/main.js", "/index.html"])
    func nothingElseIsThere(_ path: String) async throws {
        try await withIngest { ingest in
            let reply = try await ingest.get(path, key: nil)
            #expect(reply.status == 404)
            #expect(reply["error"]?.string == "Not Found")
            if path.hasPrefix("/viewer/"), !path.dropFirst("/viewer/".count).contains("/") {
                #expect(reply.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
            }
        }
    }
}

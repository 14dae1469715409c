import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import WhyOpsConformance

/// A running ingest service, asked over HTTP (class `ingest`).
struct IngestTarget {
    let url: String
    let key: String
    /// Makes the traces of this run new to the service.
    let run = UUID().uuidString.lowercased()

    /// What the service answered.
    private struct Answer {
        let status: UInt
        let body: JSON
    }

    /// Sends the events of the suite and checks the answers, then repetitions and batches.
    func results(_ cases: [ConformanceCase]) async -> [CaseResult] {
        var results: [CaseResult] = []
        for (number, subject) in cases.enumerated() where subject.operation == "event.validate" {
            guard let exchange = IngestExchange(subject, trace: "\(run)-\(number)") else { continue }
            results.append(await result("ingest/" + subject.id) { try await fault(exchange) })
        }
        results.append(await result("ingest/http/repetition-is-skipped", repetition))
        results.append(await result("ingest/http/other-content-is-a-conflict", conflict))
        results.append(await result("ingest/http/batch-is-all-or-nothing", allOrNothing))
        results.append(await result("ingest/http/key-is-required", keyIsRequired))
        return results
    }

    private func result(_ id: String, _ check: () async throws -> String?) async -> CaseResult {
        func result(_ status: CaseResult.Status, _ detail: String?) -> CaseResult {
            CaseResult(id: id, conformanceClass: .ingest, isOptional: false, status: status, detail: detail)
        }
        do {
            let fault = try await check()
            return result(fault == nil ? .pass : .fail, fault)
        } catch {
            return result(.error, "\(error)")
        }
    }

    private func fault(_ exchange: IngestExchange) async throws -> String? {
        let answer = try await post(exchange.path, exchange.body)
        return exchange.fault(status: answer.status, body: answer.body)
    }

    // MARK: Over several requests

    private func event(_ name: String, content: String, key: String = "key-1") -> [UInt8] {
        JSON.object([
            .init("eventType", .text("user_message")), .init("traceId", .text("\(run)-\(name)")),
            .init("agentName", .text("conformance")), .init("idempotencyKey", .text(key)),
            .init("content", .text(content)),
        ]).written()
    }

    /// EVT-19
    private func repetition() async throws -> String? {
        let first = try await post("/api/events", event("repetition", content: "a"))
        let second = try await post("/api/events", event("repetition", content: "a"))
        guard first.status == 201, second.status == 201 else { return "status \(first.status), then \(second.status)" }
        guard second.body["status"]?.text == "skipped" else { return "the second is not skipped" }
        return first.body["id"] == second.body["id"] ? nil : "the second has another id"
    }

    /// EVT-20, ING-11
    private func conflict() async throws -> String? {
        _ = try await post("/api/events", event("conflict", content: "a"))
        let second = try await post("/api/events", event("conflict", content: "b"))
        return second.status == 409 ? nil : "status \(second.status), expected 409"
    }

    /// ING-8
    private func allOrNothing() async throws -> String? {
        let good = event("batch", content: "a")
        let broken = try await post("/api/events", Array("[".utf8) + good + ",{}]".utf8)
        guard broken.status == 400 else { return "status \(broken.status), expected 400" }
        let pointers = broken.body["details"]?.array.compactMap { $0["pointer"]?.text } ?? []
        guard !pointers.isEmpty, pointers.allSatisfy({ $0.hasPrefix("/1") }) else { return "pointers \(pointers)" }
        let again = try await post("/api/events", good)
        return again.status == 201 && again.body["status"]?.text != "skipped" ? nil : "part of the batch was stored"
    }

    /// ING-2
    private func keyIsRequired() async throws -> String? {
        let answer = try await post("/api/events", event("key", content: "a"), key: "not-a-key-of-anybody")
        return answer.status == 401 ? nil : "status \(answer.status), expected 401"
    }

    private func post(_ path: String, _ body: [UInt8], key: String? = nil) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Authorization", value: "Bearer \(key ?? self.key)")
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let bytes = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)
        return Answer(status: response.status.code, body: JSON(bytes) ?? .null)
    }
}

import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsCommand
import WhyOpsIngest
import WhyOpsProxy
import WhyOpsStore

/// `whyops demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run agents through the proxy and show how their calls become traces.",
        discussion: """
            Starts a scripted model, the proxy and ingest on free ports of this machine with a database of its own, \
            lets agents hold conversations without any trace header, and prints each trace as it was stored. It needs \
            no key and no network, leaves nothing behind, and exits with 1 if a call is not where it belongs.

            Example:
              whyops demo
            """
    )

    static let apiKey = "YOPS-demo-key-that-opens-nothing-else"

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "whyops-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let demo = Demo(folder: folder.path())
        do {
            try await demo.run()
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
        try? FileManager.default.removeItem(at: folder)
    }
}

/// One run of the demo.
private struct Demo: Sendable {
    let folder: String

    func run() async throws {
        let quiet = Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        let upstream = ScriptedUpstream()
        let store = try await DatabaseStore.open(path: folder + "/demo.sqlite", logger: quiet)
        try await store.bootstrapKey(DemoCommand.apiKey)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let upstreamPort = Address()
            group.addTask { try await upstream.application { upstreamPort.set("\($0)") }.run() }
            let base = "http://127.0.0.1:" + (try await upstreamPort.value)

            var proxy = ProxyConfiguration()
            proxy.port = 0
            proxy.providers = [
                .openai: Provider(vendor: .openai, name: "openai", baseURL: base + "/v1", apiKey: "demo-provider-key"),
                .anthropic: Provider(vendor: .anthropic, name: "anthropic", baseURL: base, apiKey: "demo-provider-key"),
            ]
            var runner = ServiceRunner(
                proxy: proxy,
                ingest: IngestConfiguration(port: 0, logger: quiet),
                shutdownTimeout: 5
            )
            runner.handlesSignals = false
            let (proxyAddress, ingestAddress) = (Address(), Address())
            group.addTask { [runner] in
                try await runner.run(store: store, logger: quiet) { name, address in
                    (name == "proxy" ? proxyAddress : ingestAddress).set(address)
                }
            }
            let addresses = (proxy: try await proxyAddress.value, ingest: try await ingestAddress.value)
            Terminal.out("Scripted model on \(base), proxy on \(addresses.proxy), ingest on \(addresses.ingest).\n")
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            do {
                try await converse(addresses.proxy, client)
                try await show(addresses.ingest, client, upstream)
            } catch {
                try await client.shutdown()
                group.cancelAll()
                throw error
            }
            try await client.shutdown()
            group.cancelAll()
        }
    }

    /// All agents at once, a call of each in turn, so that every two conversations interleave.
    private func converse(_ proxy: String, _ client: HTTPClient) async throws {
        var agents = DemoScript.conversations.map { DemoAgent($0, proxy: proxy, client: client) }
        while agents.contains(where: { !$0.isDone }) {
            for index in agents.indices where !agents[index].isDone { try await agents[index].advance() }
        }
    }

    private func show(_ ingest: String, _ client: HTTPClient, _ upstream: ScriptedUpstream) async throws {
        var calls = 0
        for (number, conversation) in DemoScript.conversations.enumerated() {
            let thinking = conversation.steps.count { $0.1.thinking != nil }
            let trace = try await stored(
                conversation.agent,
                events: 2 * conversation.steps.count + thinking,
                ingest,
                client
            )
            let tree = TraceTree(thread: trace)
            Terminal.out("\(number + 1). \(conversation.title)")
            for line in tree.lines { Terminal.out("   " + line) }
            let findings = try await findings(in: trace, ingest, client)
            Terminal.out("   " + (findings.isEmpty ? "no findings" : findings.joined(separator: "\n   ")) + "\n")
            guard tree.sources == conversation.sources else {
                throw CommandFailure(
                    "Expected the calls to be stitched by \(conversation.sources), not \(tree.sources)."
                )
            }
            calls += conversation.steps.count
        }
        guard upstream.calls == calls, upstream.signatures == 0, upstream.foreignHeaders == 0 else {
            throw CommandFailure(
                "The model saw \(upstream.calls) calls, \(upstream.signatures) with a signature and "
                    + "\(upstream.foreignHeaders) with a header or key that is not for it."
            )
        }
        Terminal.out(
            "Proved: \(calls) stateless calls of \(DemoScript.conversations.count) interleaved conversations, sent without "
                + "any trace header, became \(DemoScript.conversations.count) traces with every step, and the model saw "
                + "no signature."
        )
    }

    /// What is wrong with a trace that was shown.
    private func findings(in trace: JSONValue, _ ingest: String, _ client: HTTPClient) async throws -> [String] {
        let id = trace["threadId"]?.string ?? ""
        let answer = try await get("\(ingest)/api/threads/\(id)/findings", client)
        guard let report = TraceReport(answer["analysis"]) else {
            throw CommandFailure("There is no analysis of '\(id)'.")
        }
        return report.lines
    }

    /// The one trace of an agent, once all of its events are stored.
    private func stored(
        _ agent: String,
        events: Int,
        _ ingest: String,
        _ client: HTTPClient
    ) async throws -> JSONValue {
        let deadline = ContinuousClock.now + .seconds(15)
        while true {
            let list = try await get("\(ingest)/api/threads?agentName=\(agent)", client)
            let threads = list["threads"]?.children ?? []
            guard threads.count < 2 else {
                throw CommandFailure("The calls of '\(agent)' became \(threads.count) traces instead of one.")
            }
            if let thread = threads.first, let id = thread["threadId"]?.string,
                thread["eventCount"]?.integer == events
            {
                return try await get("\(ingest)/api/threads/\(id)?eventInclude=content,metadata", client)
            }
            guard ContinuousClock.now < deadline else {
                let count = threads.first?["eventCount"]?.integer ?? 0
                throw CommandFailure("Only \(count) of \(events) events of '\(agent)' were stored.")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func get(_ url: String, _ client: HTTPClient) async throws -> JSONValue {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "authorization", value: "Bearer \(DemoCommand.apiKey)")
        let response = try await client.execute(request, timeout: .seconds(20))
        return try JSONDocument(Array(try await response.body.collect(upTo: 1 << 24).readableBytesView)).root
    }
}

/// An address that is known once a service listens.
private struct Address: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func set(_ address: String) {
        continuation.yield(address)
        continuation.finish()
    }

    var value: String {
        get async throws {
            for await address in stream { return address }
            throw CancellationError()
        }
    }
}

import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsProxy

/// The calls by which a provider is tried.
struct ProviderCall {
    let provider: Provider
    let client: HTTPClient

    /// What a model is asked for: as little as a reply can be.
    private static let question = "Answer with the word ok."
    /// Below it some models refuse, and reasoning alone takes more.
    private static let maximumTokens = 16

    /// The list of models, with the credential, and where that is answered without it: some give it to everybody.
    func models() async throws -> ProviderOutcome {
        let (response, seconds) = try await send("/models", hasCredential: true)
        var outcome = ProviderOutcome(answer: .models(Self.count("data", in: response.body)), response.status, seconds)
        outcome.clockSkew = response.skew
        guard outcome.isFine, provider.credentialHeader != nil else { return outcome }
        // That it fails without the credential, in whatever other way, shows nothing.
        let open = try? await send("/models", hasCredential: false).response.status
        outcome.isCredentialProven = open == 401 || open == 403
        return outcome
    }

    /// A word of a model.
    func ask(_ model: String) async throws -> ProviderOutcome {
        let path = provider.vendor == .openai ? "/chat/completions" : "/messages"
        var (response, seconds) = try await send(path, hasCredential: true, body: body(model, limit: "max_tokens"))
        if response.status == 400, Self.names("max_completion_tokens", response.body) {
            // Newer models of OpenAI know the limit by this name only.
            (response, seconds) = try await send(
                path,
                hasCredential: true,
                body: body(model, limit: "max_completion_tokens")
            )
        }
        let answers = Self.count(provider.vendor == .openai ? "choices" : "content", in: response.body)
        var outcome = ProviderOutcome(answer: .model(model, answers != nil), response.status, seconds)
        outcome.isCredentialProven = outcome.isFine && provider.credentialHeader != nil
        return outcome
    }

    private func body(_ model: String, limit: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", model)
            writer.member(limit, Self.maximumTokens)
            writer.name("messages")
            writer.array { writer in
                writer.object { writer in
                    writer.member("role", "user")
                    writer.member("content", Self.question)
                }
            }
        }
        return writer.bytes
    }

    private func send(
        _ path: String,
        hasCredential: Bool,
        body: [UInt8]? = nil
    ) async throws -> (response: (status: Int, body: [UInt8], skew: Double?), seconds: Double) {
        var request = HTTPClientRequest(url: provider.url(for: path, query: nil))
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "whyops")
        if hasCredential, let (name, value) = provider.credentialHeader {
            request.headers.add(name: name, value: value)
        }
        if provider.vendor == .anthropic { request.headers.add(name: "anthropic-version", value: "2023-06-01") }
        if let body {
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/json")
            // Another WhyOps records the call, and wants to know whose it is.
            if provider.isWhyOps { request.headers.add(name: "x-agent-name", value: "whyops-providers-test") }
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let start = ContinuousClock.now
        let response = try await client.execute(request, timeout: .seconds(body == nil ? 30 : 120))
        let answer = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return ((Int(response.status.code), answer, Self.skew(response.headers.first(name: "date"))), seconds)
    }

    /// Seconds by which a server's clock is ahead of this one, by an IMF-fixdate (RFC 9110, 5.6.7).
    private static func skew(_ date: String?) -> Double? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = date?.split(separator: " ") ?? []
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        guard let moment = Timestamp("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z") else { return nil }
        return Double(moment.milliseconds) / 1000 - Date().timeIntervalSince1970
    }

    /// How many items a list of the answer has; `nil` where there is no such list.
    private static func count(_ name: StaticString, in body: [UInt8]) -> Int? {
        guard let root = try? JSONDocument(body).root, let list = root[name], list.kind == .array else { return nil }
        return list.children.count
    }

    /// Whether a refusal speaks of a member.
    private static func names(_ member: String, _ body: [UInt8]) -> Bool {
        String(decoding: body.prefix(4096), as: UTF8.self).contains(member)
    }
}

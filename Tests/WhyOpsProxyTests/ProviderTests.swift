import Testing
import WhyOps

@testable import WhyOpsProxy

struct ProviderTests {
    @Test(arguments: [
        ("https://api.openai.com/v1", "https://api.openai.com/v1/models?limit=2"),
        ("https://api.openai.com/v1//", "https://api.openai.com/v1/models?limit=2"),
        ("http://127.0.0.1:11434/openai", "http://127.0.0.1:11434/openai/models?limit=2"),
    ])
    func openAIAddressNamesTheVersionItself(_ base: String, _ url: String) {
        let provider = Provider(vendor: .openai, name: "openai", baseURL: base, apiKey: nil)
        #expect(provider.url(for: "/models", query: "limit=2") == url)
    }

    @Test(arguments: ["https://api.anthropic.com", "https://api.anthropic.com/", "https://api.anthropic.com/v1"])
    func anthropicAddressGetsTheVersionOnce(_ base: String) {
        let provider = Provider(vendor: .anthropic, name: "anthropic", baseURL: base, apiKey: nil)
        #expect(provider.url(for: "/messages", query: nil) == "https://api.anthropic.com/v1/messages")
    }

    @Test func credentialIsTakenOutOfWhatIsKept() {
        let provider = Provider(vendor: .openai, name: "openai", baseURL: "http://x", apiKey: "sk-secret")
        func redacted(_ text: String) -> String {
            String(decoding: provider.redacting(Array(text.utf8)), as: UTF8.self)
        }
        #expect(redacted("Incorrect key: sk-secret. sk-secret") == "Incorrect key: [redacted]. [redacted]")
        #expect(redacted("sk-secre") == "sk-secre")
        #expect(redacted("sk-sk-secret") == "sk-[redacted]")
    }
}

import WhyOps
import WhyOpsProxy

/// What came of trying a provider.
struct ProviderOutcome {
    /// What was asked for, and whether it came.
    enum Answer {
        /// How many models; `nil` where the answer was no list of them.
        case models(Int?)
        /// A model, and whether it has answered.
        case model(String, Bool)
    }

    let answer: Answer
    let status: Int
    let seconds: Double
    /// Whether the answer shows that the credential lets in (PRX-195).
    var isCredentialProven = false
    /// Seconds by which the provider's clock is ahead of this one; `nil` where it did not say.
    var clockSkew: Double?

    init(answer: Answer, _ status: Int, _ seconds: Double) {
        self.answer = answer
        self.status = status
        self.seconds = seconds
    }

    var isFine: Bool {
        guard (200...299).contains(status) else { return false }
        switch answer {
        case .models(let count): return count != nil
        case .model(_, let hasAnswered): return hasAnswered
        }
    }

    func line(_ provider: Provider) -> String {
        "\(provider.name)  \(url(provider))  \(verdict)\(warning(provider))"
    }

    private func url(_ provider: Provider) -> String {
        switch answer {
        case .models: provider.url(for: "/models", query: nil)
        case .model: provider.url(for: provider.vendor == .openai ? "/chat/completions" : "/messages", query: nil)
        }
    }

    private var verdict: String {
        let time = "\(milliseconds) ms"
        switch (status, answer) {
        case (200...299, .models(let count?)):
            let proof = isCredentialProven ? ", the credential lets in" : ""
            return "\(count) models in \(time)\(proof)"
        case (200...299, .models): return "answered in \(time), but not with models"
        case (200...299, .model(let name, true)):
            let proof = isCredentialProven ? ", the credential lets in" : ""
            return "\(name) answered in \(time)\(proof)"
        case (200...299, .model): return "answered in \(time), but not with a reply of a model"
        case (401, _), (403, _): return "refused the credential (status \(status))"
        case (404, .model(let name, _)): return "knows no model '\(name)', or not this API (status 404)"
        case (300...399, _): return "sends elsewhere (status \(status)), which is never followed: correct the address"
        default: return "answered with status \(status)"
        }
    }

    /// What an answer does not show.
    private func warning(_ provider: Provider) -> String {
        guard isFine, !isCredentialProven, provider.credentialHeader != nil else { return "" }
        return "\n    The credential was not checked: a list of models is no proof. Try one, with --model NAME."
    }

    private var milliseconds: Int { Int((seconds * 1000).rounded()) }

    func write(_ provider: Provider, to writer: inout JSONWriter) {
        writer.member("slug", provider.name)
        writer.member("url", url(provider))
        writer.member("status", status)
        switch answer {
        case .models(let count): writer.member("models", count)
        case .model(let name, _): writer.member("model", name)
        }
        writer.member("milliseconds", milliseconds)
        writer.member("credential", credential(provider))
        writer.member("ok", isFine)
    }

    private func credential(_ provider: Provider) -> String {
        if provider.credentialHeader == nil { return "none" }
        if status == 401 || status == 403 { return "refused" }
        return isCredentialProven ? "accepted" : "unchecked"
    }
}

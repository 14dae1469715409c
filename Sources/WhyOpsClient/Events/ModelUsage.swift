import WhyOps

/// What a model call took, in tokens.
public struct ModelUsage: Sendable, Hashable {
    /// Tokens of the prompt.
    public var promptTokens: Int?
    /// Tokens of the answer.
    public var completionTokens: Int?
    /// All tokens.
    public var totalTokens: Int?
    /// Tokens of the prompt that came from the provider's cache.
    public var cacheReadTokens: Int?
    /// Tokens of the prompt that were written to the provider's cache.
    public var cacheCreationTokens: Int?
    /// Of these, tokens that are kept for five minutes.
    public var cacheWrite5mTokens: Int?
    /// Of these, tokens that are kept for an hour.
    public var cacheWrite1hTokens: Int?

    /// Usage with what is given.
    public init(
        promptTokens: Int? = nil,
        completionTokens: Int? = nil,
        totalTokens: Int? = nil,
        cacheReadTokens: Int? = nil,
        cacheCreationTokens: Int? = nil,
        cacheWrite5mTokens: Int? = nil,
        cacheWrite1hTokens: Int? = nil
    ) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.totalTokens = totalTokens
        self.cacheReadTokens = cacheReadTokens
        self.cacheCreationTokens = cacheCreationTokens
        self.cacheWrite5mTokens = cacheWrite5mTokens
        self.cacheWrite1hTokens = cacheWrite1hTokens
    }

    /// Writes the member `usage`, or nothing where no figure is known.
    func writeMember(to writer: inout JSONWriter) {
        guard self != ModelUsage() else { return }
        writer.name("usage")
        writer.object { writer in
            writer.member("promptTokens", promptTokens)
            writer.member("completionTokens", completionTokens)
            writer.member("totalTokens", totalTokens)
            writer.member("cacheReadTokens", cacheReadTokens)
            writer.member("cacheCreationTokens", cacheCreationTokens)
            writer.member("cacheWrite5mTokens", cacheWrite5mTokens)
            writer.member("cacheWrite1hTokens", cacheWrite1hTokens)
        }
    }
}

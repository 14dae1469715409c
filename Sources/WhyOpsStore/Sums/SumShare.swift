import WhyOps

/// What an event adds to the sums, whenever and by whichever agent it is stored.
struct SumShare: Sendable {
    /// Whether it counts for use (`SchemaOfLimits.isUse`).
    let isUse: Bool
    /// Of use: the id of the provider, its name, the model, and how cached tokens are counted.
    let names: [String?]
    /// The length of the prompt where it includes cached tokens, and where it does not.
    let lengths: (inclusive: Int, exclusive: Int)
    /// In the order of `SumColumns.figures`.
    let figures: [Int]
    /// All of these but the figures, in bytes: the part of a row's key behind period and agent. No name holds U+0000.
    let key: [UInt8]

    init(_ event: Event, _ facts: EventFacts) {
        self.init(
            type: event.eventType.rawValue,
            names: [event.providerId, facts.provider, facts.model, facts.cacheAccounting?.rawValue],
            latency: facts.latencyMs,
            Tokens(
                prompt: facts.promptTokens ?? 0,
                completion: facts.completionTokens ?? 0,
                total: facts.totalTokens ?? 0,
                cacheRead: facts.cacheReadTokens ?? 0,
                written: facts.cacheWriteTokens ?? 0,
                shortWrites: facts.cacheWrite5mTokens ?? 0,
                longWrites: facts.cacheWrite1hTokens ?? 0
            )
        )
    }

    /// What a stored event has added, by its row. A damaged value must not keep it from being removed.
    init(_ row: Row) {
        func number(_ index: Int) -> Int { row.integer(index).map { Int($0) } ?? 0 }
        self.init(
            type: row.text(3) ?? "",
            names: (4...7).map { row.text($0) },
            latency: row.integer(8).map { Int($0) },
            Tokens(
                prompt: number(9),
                completion: number(10),
                total: number(11),
                cacheRead: number(12),
                written: number(13),
                shortWrites: number(14),
                longWrites: number(15)
            )
        )
    }

    /// The columns that a row is read from.
    static let columns = """
        environment, timestamp, agent_id, event_type, provider_id, provider, model, cache_accounting, latency_ms,
        prompt_tokens, completion_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens
        """

    private struct Tokens {
        let prompt, completion, total, cacheRead, written, shortWrites, longWrites: Int

        var short: Int { max(written - longWrites, shortWrites) }
        var cached: Int { cacheRead + short + longWrites }
        var figures: [Int] {
            [
                prompt, completion, total, cacheRead, max(written, shortWrites + longWrites), short, longWrites,
                prompt < cached ? prompt : prompt - cached,
            ]
        }
        var lengths: (inclusive: Int, exclusive: Int) {
            (Self.length(prompt < cached ? prompt + cached : prompt), Self.length(prompt + cached))
        }

        private static func length(_ whole: Int) -> Int { SumColumns.promptLengths.last { $0 < whole } ?? 0 }
    }

    private init(type: String, names: [String?], latency: Int?, _ tokens: Tokens) {
        isUse = type == "llm_response" || type == "embedding_response" || type == "error"
        self.names = isUse ? names : names.map { _ in nil }
        lengths = isUse ? tokens.lengths : (0, 0)
        let time = [1, type == "error" ? 1 : 0, latency ?? 0, latency == nil ? 0 : 1]
        figures = time + (isUse ? tokens.figures : Array(repeating: 0, count: SumColumns.figures.count - time.count))
        key = Self.key(isUse: isUse, lengths, self.names)
    }

    private static func key(isUse: Bool, _ lengths: (inclusive: Int, exclusive: Int), _ names: [String?]) -> [UInt8] {
        var key: [UInt8] = [isUse ? UInt8(ascii: "1") : UInt8(ascii: "0"), 0]
        key += String(lengths.inclusive).utf8
        key.append(0)
        key += String(lengths.exclusive).utf8
        for name in names {
            key.append(0)
            guard let name else { continue }
            key.append(UInt8(ascii: "="))
            key += name.utf8
        }
        return key
    }
}

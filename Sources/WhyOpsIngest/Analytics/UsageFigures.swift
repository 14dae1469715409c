import WhyOps
import WhyOpsStore

/// What model calls used, added up over groups that count and cost differently.
struct UsageFigures {
    private(set) var requestCount = 0
    private(set) var errorCount = 0
    private(set) var totalTokens = 0
    private(set) var tokens = PaidTokens()
    private(set) var cost = 0.0
    /// Models without a price, by name.
    private(set) var unpriced: Set<ExactText> = []
    private var latencySum = 0
    private var latencyCount = 0

    mutating func add(_ row: UsageRow, _ prices: PriceTable) {
        requestCount += row.requestCount
        errorCount += row.errorCount
        totalTokens += row.facts.totalTokens ?? 0
        latencySum += row.latencySum
        latencyCount += row.latencyCount
        let paid = PaidTokens(row)
        tokens.input += paid.input
        tokens.output += paid.output
        tokens.cacheRead += paid.cacheRead
        tokens.cacheWrite5m += paid.cacheWrite5m
        tokens.cacheWrite1h += paid.cacheWrite1h
        guard let model = row.model else { return }
        if let price = prices.price(of: model) {
            cost += price.cost(of: paid)
        } else {
            unpriced.insert(ExactText(model))
        }
    }

    func writeMembers(to writer: inout JSONWriter) {
        writer.member("requestCount", requestCount)
        writer.member("totalTokens", totalTokens)
        writer.member("inputTokens", tokens.input)
        writer.member("outputTokens", tokens.output)
        writer.member("cacheReadTokens", tokens.cacheRead)
        writer.member("cacheWriteTokens", tokens.cacheWrite5m + tokens.cacheWrite1h)
        let latency = latencyCount == 0 ? 0 : Double(latencySum) / Double(latencyCount)
        writer.member("avgLatency", (latency * 100).rounded() / 100)
        writer.member("errorCount", errorCount)
        writer.member("totalCost", Self.dollars(cost))
    }

    /// To a billionth of a dollar, less than any token costs, so that sums do not show how they were added up.
    static func dollars(_ cost: Double) -> Double { (cost * 1_000_000_000).rounded() / 1_000_000_000 }
}

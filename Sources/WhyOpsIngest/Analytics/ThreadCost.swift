import WhyOpsStore

/// What a thread's model calls cost, by model (ING-69).
struct ThreadCost {
    /// One model's share.
    struct Share {
        /// `nil` where no price is known.
        let price: Price?
        fileprivate(set) var cost = 0.0
    }

    private(set) var models: [ExactText: Share] = [:]

    /// The prices used, by model.
    var prices: [Price] { Set(models.values.compactMap(\.price)).sorted { $0.model < $1.model } }
    var total: Double { models.values.reduce(0) { $0 + $1.cost } }

    init(_ rows: [UsageRow], _ table: PriceTable) {
        for row in rows {
            guard let name = row.model else { continue }
            let model = ExactText(name)
            var share = models[model] ?? Share(price: table.price(of: name))
            share.cost += share.price?.cost(of: PaidTokens(row)) ?? 0
            models[model] = share
        }
    }
}

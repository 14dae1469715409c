import WhyOps

/// Prices by model (ING-60).
package struct PriceTable: Sendable {
    private var prices: [String: Price]

    init(_ prices: [Price]) {
        self.prices = Dictionary(prices.map { ($0.model, $0) }) { _, last in last }
    }

    /// The service's own table, with an operator's before it.
    ///
    /// - Parameter json: `{"models": [{"model", "inputTokenPricePerMillionToken", ...}]}`; a price that is left out is that
    ///   of the input, for reading from a cache too.
    /// - Throws: `JSONFault`, or `InvalidInput` with every fault.
    package init(overriddenBy json: [UInt8]) throws {
        let root = try JSONDocument(json).root
        var table = PriceTable.standard
        var faults: [InputFault] = []
        guard let models = root["models"], models.kind == .array else {
            throw InvalidInput(faults: [
                InputFault(
                    path: [.member("models")],
                    rule: "models.required",
                    code: "invalid_type",
                    message: "Expected an array of prices"
                )
            ])
        }
        for (index, item) in models.children.enumerated() {
            if let price = Price(item) {
                table.prices[price.model] = price
            } else {
                faults.append(
                    InputFault(
                        path: [.member("models"), .item(index)],
                        rule: "models.price",
                        code: "custom",
                        message: "Expected a model and prices that are not below zero"
                    )
                )
            }
        }
        if !faults.isEmpty { throw InvalidInput(faults: faults) }
        self = table
    }

    /// The price of a model under any name that its vendor or a gateway gives it.
    func price(of model: String) -> Price? {
        var name = Substring(model)
        while true {
            if let price = longest(name) { return price }
            guard let slash = name.firstIndex(of: "/") else { return nil }
            name = name[name.index(after: slash)...]
        }
    }

    /// The longest name in the table that the model's begins with, up to a mark.
    private func longest(_ name: Substring) -> Price? {
        if let price = prices[String(name)] { return price }
        var end = name.endIndex
        while end > name.startIndex {
            end = name.index(before: end)
            guard "-@:".contains(name[end]) else { continue }
            if let price = prices[String(name[..<end])] { return price }
        }
        return nil
    }
}

extension Price {
    fileprivate init?(_ item: JSONValue) {
        func number(_ name: StaticString) -> Double? {
            guard let member = item[name], member.kind == .number else { return nil }
            return Double(String(decoding: member.slice, as: UTF8.self))
        }
        guard let model = item["model"]?.string, !model.isEmpty,
            let input = number("inputTokenPricePerMillionToken"),
            let output = number("outputTokenPricePerMillionToken")
        else { return nil }
        self.init(
            model: model,
            input: input,
            output: output,
            cacheRead: number("cacheReadTokenPricePerMillionToken") ?? input,
            cacheWrite5m: number("cacheWrite5mTokenPricePerMillionToken") ?? input,
            cacheWrite1h: number("cacheWrite1hTokenPricePerMillionToken") ?? input,
            contextWindow: item["contextWindow"]?.integer
        )
        if [input, output, cacheRead, cacheWrite5m, cacheWrite1h].contains(where: { !$0.isFinite || $0 < 0 }) {
            return nil
        }
    }
}

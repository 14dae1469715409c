import WhyOps
import WhyOpsStore

/// Prices by model (ING-60).
package struct PriceTable: Sendable {
    /// Bytes of a model's name with those of gateways before it.
    private static let longestName = 512

    private var prices: [ExactText: Price]

    init(_ prices: [Price]) {
        self.prices = Dictionary(prices.map { (ExactText($0.model), $0) }) { _, last in last }
    }

    /// The lengths of prompts at which a price of the table changes.
    var promptLengths: [Int] { Set(prices.values.compactMap { $0.longPrompt?.above }).sorted() }

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
                table.prices[ExactText(price.model)] = price
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

    /// The price of a model under the name that its vendor gives it, with or without a day at its end, also behind the name
    /// of a gateway or a vendor.
    func price(of model: String) -> Price? {
        // A client's text, of any length and with any number of slashes.
        if model.utf8.count > Self.longestName { return nil }
        var name = Substring(model)
        while true {
            if let price = prices[ExactText(String(name))] { return price }
            let bare = Self.withoutDate(name)
            if bare.endIndex < name.endIndex, let price = prices[ExactText(String(bare))] { return price }
            guard let slash = name.firstIndex(of: "/") else { return nil }
            name = name[name.index(after: slash)...]
        }
    }

    /// The name without `-20250929`, `@20250929` or `-2025-09-29`: any other suffix may be another model at another price.
    private static func withoutDate(_ name: Substring) -> Substring {
        let bytes = Array(name.utf8)
        for pattern in ["-dddddddd", "@dddddddd", "-dddd-dd-dd", "@dddd-dd-dd"].map({ Array($0.utf8) }) {
            guard bytes.count > pattern.count else { continue }
            let isDate = zip(bytes.suffix(pattern.count), pattern).allSatisfy { byte, sign in
                sign == UInt8(ascii: "d") ? (0x30...0x39).contains(byte) : byte == sign
            }
            // A date is ASCII, so that no character is cut.
            if isDate { return name.dropLast(pattern.count) }
        }
        return name
    }
}

extension Price {
    fileprivate init?(_ item: JSONValue) {
        guard let model = item["model"]?.string, !model.isEmpty, let rates = Rates(item) else { return nil }
        var longPrompt: LongPrompt?
        if let item = item["longPrompt"], item.kind != .null {
            guard let above = item["aboveTokens"]?.integer, above > 0, let rates = Rates(item) else { return nil }
            longPrompt = LongPrompt(above: above, rates: rates)
        }
        self.init(model: model, rates: rates, longPrompt: longPrompt, contextWindow: item["contextWindow"]?.integer)
    }
}

extension Price.Rates {
    fileprivate init?(_ item: JSONValue) {
        func number(_ name: StaticString) -> Double? {
            guard let member = item[name], member.kind == .number else { return nil }
            return Double(String(decoding: member.slice, as: UTF8.self))
        }
        guard let input = number("inputTokenPricePerMillionToken"),
            let output = number("outputTokenPricePerMillionToken")
        else { return nil }
        self.init(
            input: input,
            output: output,
            cacheRead: number("cacheReadTokenPricePerMillionToken") ?? input,
            cacheWrite5m: number("cacheWrite5mTokenPricePerMillionToken") ?? input,
            cacheWrite1h: number("cacheWrite1hTokenPricePerMillionToken") ?? input
        )
        if [input, output, cacheRead, cacheWrite5m, cacheWrite1h].contains(where: { !$0.isFinite || $0 < 0 }) {
            return nil
        }
    }
}

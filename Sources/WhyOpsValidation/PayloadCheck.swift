package import WhyOps

/// Checks JSON values as events, batches or agents' definitions.
package struct PayloadCheck: Sendable {
    package var kind: PayloadKind
    package var profile: EventProfile

    package init(kind: PayloadKind = .auto, profile: EventProfile = .original) {
        self.kind = kind
        self.profile = profile
    }

    /// What a value breaks, with the offset of the place in its text.
    package struct Fault: Hashable, Sendable {
        package let offset: Int
        package let path: [InputFault.Step]
        package let rule: String
        package let message: String
    }

    /// What became of a text.
    package struct Outcome: Hashable, Sendable {
        /// Whether it is JSON at all.
        package var isJSON = true
        /// How many events or definitions it holds.
        package var payloads = 0
        /// In the order of the rules, value by value.
        package var faults: [Fault] = []
    }

    /// Levels as ingest takes them, and more values, since a file may be a batch of any size.
    private static let limits = JSONLimits(depth: 128, values: 50_000_000)

    /// Checks a text with one JSON value.
    ///
    /// - Parameter isItem: whether it is an item of a batch, which is no batch itself (EVT-28).
    /// - Complexity: O(n); memory a few times the text.
    package func check(_ bytes: [UInt8], isItem: Bool = false) -> Outcome {
        let root: JSONValue
        do {
            root = try JSONDocument(bytes, limits: Self.limits).root
        } catch {
            let fault = Fault(offset: error.offset, path: [], rule: error.code.text.description, message: error.reason)
            return Outcome(isJSON: false, faults: [fault])
        }
        if isItem, root.kind == .array {
            let fault = Fault(offset: start(of: root), path: [], rule: "body.type", message: "Expected an object")
            return Outcome(payloads: 1, faults: [fault])
        }
        let isBatch = root.kind == .array
        return Outcome(
            payloads: isBatch ? root.children.count : 1,
            faults: faults(of: root).map { fault in
                let offset = root.document.offset(of: fault.path)
                return Fault(offset: offset, path: fault.path, rule: fault.rule, message: fault.message)
            }
        )
    }

    private func start(of value: JSONValue) -> Int { value.document.tape.range(value.index).lowerBound }

    private func faults(of root: JSONValue) -> [InputFault] {
        switch kind == .auto ? PayloadKind.found(in: root) : kind {
        case .event, .auto: EventValidator(profile: profile).faults(in: root.document)
        case .agent: Self.faults(ofAgent: root)
        }
    }

    private static func faults(ofAgent root: JSONValue) -> [InputFault] {
        do throws(InvalidInput) {
            let isDefinition = root["metadata"] == nil && root["agentName"] == nil
            if isDefinition { _ = try AgentDefinition(root) } else { _ = try AgentRegistrationRequest(root) }
            return []
        } catch {
            return error.faults
        }
    }
}

extension JSONDocument {
    /// Where the value at the end of a path begins; where it is missing, its nearest parent.
    ///
    /// - Complexity: O(members and items on the way).
    fileprivate func offset(of path: [InputFault.Step]) -> Int {
        var value = tape.root
        for step in path {
            let next =
                switch step {
                case .item(let number): item(number, of: value)
                case .member(let name): member(name, of: value)
                }
            guard let next else { break }
            value = next
        }
        return tape.range(value).lowerBound
    }

    private func item(_ number: Int, of array: JSONTape.Index) -> JSONTape.Index? {
        tape.kind(array) == .array ? tape.children(array).dropFirst(number).first { _ in true } : nil
    }

    /// The last of that name, as for all who read it.
    private func member(_ name: String, of object: JSONTape.Index) -> JSONTape.Index? {
        var found: JSONTape.Index?
        for (key, value) in tape.members(object)
        where tape.string(key, in: bytes.span)?.utf8.elementsEqual(name.utf8) == true {
            found = value
        }
        return found
    }
}

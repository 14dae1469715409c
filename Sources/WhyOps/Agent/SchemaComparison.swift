/// Compares two JSON Schemas of a tool keyword by keyword (AGT-32 to AGT-36).
struct SchemaComparison {
    let tool: String
    let isInput: Bool
    private(set) var changes: [DefinitionChange] = []

    init(tool: String, isInput: Bool) {
        self.tool = tool
        self.isInput = isInput
    }

    /// Where a schema stands inside the tool's schema.
    private struct Place {
        var pointer = ""
        /// The names on the way; `nil` at the root.
        var path: String?

        func keyword(_ name: String) -> String { pointer + "/" + name.jsonPointerToken }

        func property(_ name: String) -> Place {
            Place(
                pointer: pointer + "/properties/" + name.jsonPointerToken,
                path: path.map { $0 + "." + name } ?? name
            )
        }

        var items: Place { Place(pointer: pointer + "/items", path: (path ?? "") + "[]") }
    }

    private func words(_ place: Place) -> String {
        guard let path = place.path else { return isInput ? "input schema" : "output schema" }
        return (isInput ? "property `" : "output property `") + path + "`"
    }

    private mutating func add(
        _ code: StaticString,
        _ pointer: String,
        _ before: [UInt8]?,
        _ after: [UInt8]?,
        _ words: String
    ) {
        changes.append(
            DefinitionChange(
                code,
                tool: tool,
                schema: isInput ? "inputSchema" : "outputSchema",
                pointer: pointer,
                before: before,
                after: after,
                sentence: "tool `" + tool + "`: " + words
            )
        )
    }

    /// Compares what stands at the root.
    mutating func compare(_ before: CanonicalNode?, _ after: CanonicalNode?) {
        let root = Place()
        switch (before, after) {
        case (let before?, let after?): compare(before, after, at: root)
        case (nil, let after?): add("schema.added", "", nil, after.text, words(root) + " added")
        case (let before?, nil): add("schema.removed", "", before.text, nil, words(root) + " removed")
        case (nil, nil): break
        }
    }

    /// The depth limit of the schemas' reader bounds the recursion.
    private mutating func compare(_ before: CanonicalNode, _ after: CanonicalNode, at place: Place) {
        if before == after { return }
        guard before.isObject, after.isObject else {
            add("schema.changed", place.pointer, before.text, after.text, words(place) + " changed")
            return
        }
        for (name, old, new) in CanonicalNode.pairs(before, after) where old != new {
            compare(name, old, new, in: (before, after), at: place)
        }
    }

    private mutating func compare(
        _ keyword: String,
        _ old: CanonicalNode?,
        _ new: CanonicalNode?,
        in schemas: (before: CanonicalNode, after: CanonicalNode),
        at place: Place
    ) {
        let pointer = place.keyword(keyword)
        switch keyword {
        case "properties" where Self.haveProperties(schemas):
            compareProperties(schemas, at: place)
        case "required":
            if let before = Self.names(old), let after = Self.names(new) {
                compareRequired(before, after, schemas, at: place)
            } else {
                add("keyword.changed", pointer, old?.text, new?.text, words(place) + ": `required` changed")
            }
        case "enum" where old?.isArray == true && new?.isArray == true:
            compareValues(old?.items ?? [], new?.items ?? [], pointer, at: place)
        case "type":
            if let old, let new, old.isArray, new.isArray, Self.sorted(old.items) == Self.sorted(new.items) { return }
            let change = " type changed from " + Self.typeText(old) + " to " + Self.typeText(new)
            add("type.changed", pointer, old?.text, new?.text, words(place) + ":" + change)
        case "description":
            add("schema.description-changed", pointer, old?.text, new?.text, words(place) + ": description changed")
        case "items" where old?.isObject == true && new?.isObject == true:
            if let old, let new { compare(old, new, at: place.items) }
        default:
            add("keyword.changed", pointer, old?.text, new?.text, words(place) + ": `" + keyword + "` changed")
        }
    }

    /// AGT-33: each side has an object or nothing.
    private static func haveProperties(_ schemas: (before: CanonicalNode, after: CanonicalNode)) -> Bool {
        (schemas.before.member("properties")?.isObject ?? true)
            && (schemas.after.member("properties")?.isObject ?? true)
    }

    private mutating func compareProperties(
        _ schemas: (before: CanonicalNode, after: CanonicalNode),
        at place: Place
    ) {
        // Strings count here whatever else the list holds.
        let required = schemas.after.member("required")?.items.compactMap { $0.string } ?? []
        var requiredNames = SortedNames(SortedNames.sorted(required))
        let pairs = CanonicalNode.pairs(schemas.before.member("properties"), schemas.after.member("properties"))
        for (name, old, new) in pairs {
            let property = place.property(name)
            if let old, let new {
                compare(old, new, at: property)
            } else if new == nil {
                add("property.removed", property.pointer, old?.text, nil, words(property) + " removed")
            } else {
                let isRequired = requiredNames.reaches(name)
                let change = isRequired ? " added and required" : " added"
                add("property.added", property.pointer, nil, new?.text, words(property) + change)
            }
        }
    }

    /// AGT-34: what came or went with its property is passed over.
    private mutating func compareRequired(
        _ before: [String],
        _ after: [String],
        _ schemas: (before: CanonicalNode, after: CanonicalNode),
        at place: Place
    ) {
        var single = SortedNames([])
        if Self.haveProperties(schemas) {
            let pairs = CanonicalNode.pairs(schemas.before.member("properties"), schemas.after.member("properties"))
            single = SortedNames(pairs.filter { $0.before == nil || $0.after == nil }.map { $0.name })
        }
        for (name, old, new) in SortedNames.merged(before, after) where old == nil || new == nil {
            if single.reaches(name) { continue }
            let property = place.property(name)
            let isRequired = new != nil
            add(
                isRequired ? "property.became-required" : "property.became-optional",
                property.pointer,
                nil,
                nil,
                words(property) + (isRequired ? " became required" : " became optional")
            )
        }
    }

    /// AGT-35, of `enum`.
    private mutating func compareValues(
        _ before: [CanonicalNode],
        _ after: [CanonicalNode],
        _ pointer: String,
        at place: Place
    ) {
        let (old, new) = (Self.sorted(before), Self.sorted(after))
        for value in Self.missing(in: new, of: old) {
            let text = String(decoding: value, as: UTF8.self)
            add("enum.removed", pointer, value, nil, words(place) + ": value " + text + " removed")
        }
        for value in Self.missing(in: old, of: new) {
            let text = String(decoding: value, as: UTF8.self)
            add("enum.added", pointer, nil, value, words(place) + ": value " + text + " added")
        }
    }

    private static func sorted(_ values: [CanonicalNode]) -> [[UInt8]] {
        values.map { $0.text }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The values of a sorted list, each once, that another sorted list has not.
    private static func missing(in others: [[UInt8]], of values: [[UInt8]]) -> [[UInt8]] {
        var rest = others[...]
        var result: [[UInt8]] = []
        for value in values where value != result.last {
            while let other = rest.first, other.lexicographicallyPrecedes(value) { rest.removeFirst() }
            if rest.first != value { result.append(value) }
        }
        return result
    }

    private static func typeText(_ value: CanonicalNode?) -> String {
        guard let value else { return "none" }
        return value.string ?? String(decoding: value.text, as: UTF8.self)
    }

    /// `required` as a sorted set, empty where it is absent; `nil` where it is no array of strings only.
    private static func names(_ value: CanonicalNode?) -> [String]? {
        guard let value else { return [] }
        let items = value.items
        let names = items.compactMap { $0.string }
        guard value.isArray, names.count == items.count else { return nil }
        return SortedNames.sorted(names)
    }
}

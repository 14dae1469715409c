import WhyOps

extension CoreTestee {
    static func json(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        guard let text = TextValue.bytes(input["text"]) else { return malformed }
        switch operation {
        case "json.check": return check(text, input["limits"])
        case "json.canonicalize": return canonicalize(text)
        default: return nil
        }
    }

    private static func canonicalize(_ text: [UInt8]) -> TesteeAnswer {
        do throws(JSONFault) {
            return output(.init("text", TextValue.spelt(try CanonicalJSON(text).bytes)))
        } catch {
            return .error(error.code.text.description)
        }
    }

    private static func check(_ text: [UInt8], _ given: JSON?) -> TesteeAnswer {
        var limits = JSONLimits()
        if let depth = given?["depth"]?.integer { limits.depth = depth }
        if let values = given?["values"]?.integer { limits.values = values }
        do throws(JSONFault) {
            _ = try JSONDocument(text, limits: limits)
            return output(.init("code", .null), .init("offset", .null))
        } catch {
            return output(.init("code", .text(error.code.text.description)), .init("offset", .integer(error.offset)))
        }
    }
}

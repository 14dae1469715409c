import WhyOps

extension CoreTestee {
    static func event(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        if operation == "event.timestamp" { return timestamp(input) }
        let text = TextValue.bytes(input["text"])
        guard let body = text.map({ document($0) }) ?? value(input["body"]) else {
            // EVT-90
            return text != nil && operation == "event.canonicalize" ? .error("event.invalid") : malformed
        }
        switch operation {
        case "event.validate": return validateEvent(body, input)
        case "event.view": return view(body)
        case "event.canonicalize": return canonicalize(body)
        default: return nil
        }
    }

    private static func validateEvent(_ body: JSONValue, _ input: JSON) -> TesteeAnswer {
        guard let profile = EventProfile(name: input["profile"]?.text ?? "original") else { return malformed }
        var tenant: EventTenant?
        if let ids = input["tenant"], let user = ids["userId"]?.text, let project = ids["projectId"]?.text,
            let environment = ids["environmentId"]?.text
        {
            tenant = EventTenant(userId: user, projectId: project, environmentId: environment)
        }
        let type = input["eventType"]?.text.flatMap { EventType(name: $0) }
        let validator = EventValidator(fixedType: type, profile: profile, tenant: tenant)
        return faults(validator.faults(in: body.document))
    }

    private static func view(_ event: JSONValue) -> TesteeAnswer {
        guard let type = event["eventType"]?.string.flatMap({ EventType(name: $0) }),
            let view = JSON(EventView(type, content: event["content"]).json)
        else { return .error("event.invalid") }
        return output(.init("view", view))
    }

    private static func canonicalize(_ body: JSONValue) -> TesteeAnswer {
        do throws(InvalidInput) {
            let reading = try EventValidator().read(body)
            guard !reading.isBatch, let event = reading.events.first else { return .error("event.invalid") }
            return output(.init("text", TextValue.spelt(event.canonicalJSON)))
        } catch {
            return .error("event.invalid")
        }
    }

    private static func timestamp(_ input: JSON) -> TesteeAnswer {
        guard let text = input["text"]?.text else { return malformed }
        return output(.init("timestamp", optional(Timestamp(text)?.text)))
    }
}

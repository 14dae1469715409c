public import CWhyOpsABI
import WhyOps

extension EventProfile {
    /// The profile with a number of the header.
    fileprivate init?(_ number: Int32) {
        switch number {
        case WHYOPS_PROFILE_ORIGINAL: self = .original
        case WHYOPS_PROFILE_STRICT: self = .strict
        default: return nil
        }
    }
}

/// Checks an event or a batch (EVT-16).
@c @implementation
public func whyops_event_validate(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ profile: Int32,
    _ eventType: UnsafePointer<UInt8>?,
    _ eventTypeLength: Int,
    _ tenant: UnsafePointer<UInt8>?,
    _ tenantLength: Int,
    _ faults: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(faults), let profile = EventProfile(profile), let body = unsafe text(start, length) else {
        return WHYOPS_INVALID_ARGUMENT
    }
    var fixedType: EventType?
    if unsafe eventType != nil {
        guard let name = unsafe text(eventType, eventTypeLength),
            let type = EventType(name: String(decoding: name, as: UTF8.self))
        else { return WHYOPS_INVALID_ARGUMENT }
        fixedType = type
    }
    var owner: EventTenant?
    if unsafe tenant != nil {
        guard let ids = unsafe text(tenant, tenantLength), let known = EventTenant(json: ids) else {
            return WHYOPS_INVALID_ARGUMENT
        }
        owner = known
    }
    let validator = EventValidator(fixedType: fixedType, profile: profile, tenant: owner)
    return unsafe reading(body, faults) { root throws(InvalidInput) in
        let found = validator.faults(in: root.document)
        if !found.isEmpty { throw InvalidInput(faults: found) }
        return []
    }
}

/// The canonical view of an event (EVT-60).
@c @implementation
public func whyops_event_view(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ json: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(json), let event = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    return unsafe reading(event, json) { root throws(InvalidInput) in
        guard let type = root["eventType"]?.string.flatMap({ EventType(name: $0) }) else {
            throw InvalidInput(faults: [
                InputFault(
                    path: [.member("eventType")],
                    rule: "eventType.enum",
                    code: "invalid_enum_value",
                    message: "Expected the name of an event type"
                )
            ])
        }
        return EventView(type, content: root["content"]).json
    }
}

/// The canonical encoding of an event.
@c @implementation
public func whyops_event_canonicalize(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ json: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(json), let body = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    return unsafe reading(body, json) { root throws(InvalidInput) in
        let events = try EventValidator().read(root)
        guard !events.isBatch, let event = events.events.first else {
            throw InvalidInput(faults: [
                InputFault(
                    path: [],
                    rule: "body.type",
                    code: "invalid_type",
                    message: "Expected one event, not a batch"
                )
            ])
        }
        return event.canonicalJSON
    }
}

/// A time stamp in its normal form.
@c @implementation
public func whyops_timestamp_normalize(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ normal: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(normal), let bytes = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    guard let text = String(validating: bytes, as: UTF8.self), let timestamp = Timestamp(text) else {
        return WHYOPS_NONE
    }
    return unsafe give(Array(timestamp.text.utf8), normal)
}

/// Reads a JSON body and gives what `body` makes of it, or the faults that it has.
func reading(
    _ bytes: [UInt8],
    _ result: UnsafeMutablePointer<whyops_result>?,
    _ body: (JSONValue) throws(InvalidInput) -> [UInt8]
) -> whyops_status {
    let document: JSONDocument
    do throws(JSONFault) {
        document = try JSONDocument(bytes)
    } catch {
        return unsafe give(error.json, result, WHYOPS_REFUSED)
    }
    do throws(InvalidInput) {
        return unsafe give(try body(document.root), result)
    } catch {
        var writer = JSONWriter()
        writer.array { writer in
            for fault in error.faults { fault.write(to: &writer) }
        }
        return unsafe give(writer.bytes, result, WHYOPS_REFUSED)
    }
}

extension EventTenant {
    fileprivate init?(json: [UInt8]) {
        do throws(JSONFault) {
            let root = try JSONDocument(json).root
            guard let user = root["userId"]?.string, let project = root["projectId"]?.string,
                let environment = root["environmentId"]?.string
            else { return nil }
            self.init(userId: user, projectId: project, environmentId: environment)
        } catch {
            return nil
        }
    }
}

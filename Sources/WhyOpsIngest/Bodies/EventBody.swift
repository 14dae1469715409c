import WhyOps
import WhyOpsStore

/// The events of a body, in whatever form they came.
struct EventBody {
    /// One value for each event.
    let items: [JSONValue]
    /// Whether there may be another number of them than one.
    let isBatch: Bool
    /// The body itself, where it is one JSON text.
    private let whole: JSONValue?

    /// What a body without faults holds.
    struct Reading {
        var events: [Event]
        let isBatch: Bool
        /// Tenant ids that were read and ignored (EVT-11).
        let ignoredTenantIds: Int
    }

    /// Events in one request (ING-9).
    static let maximumEvents = 1000
    /// Faults in one answer (EVT-16).
    private static let maximumFaults = 1000

    /// - Throws: `Refusal` of a body that is not JSON, or has too many events.
    init(_ body: RequestBody) throws {
        if body.isLines {
            items = try Self.lines(body.bytes)
            isBatch = true
            whole = nil
        } else {
            let root: JSONValue
            do throws(JSONFault) {
                root = try JSONDocument(body.bytes).root
            } catch {
                throw Refusal(JSONReply(error))
            }
            isBatch = root.kind == .array
            items = isBatch ? root.children : [root]
            whole = root
            try Self.check(count: items.count)
        }
    }

    private static func check(count: Int) throws {
        if count > maximumEvents {
            throw Refusal(
                413,
                "Payload Too Large",
                message: "Send at most \(maximumEvents) events in one request."
            )
        }
    }

    /// ING-21: a line of white space is no event.
    private static func lines(_ bytes: [UInt8]) throws -> [JSONValue] {
        var items: [JSONValue] = []
        var start = 0
        var number = 0
        while start < bytes.count {
            number += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let line = bytes[start..<end]
            if line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) {
                try check(count: items.count + 1)
                do throws(JSONFault) {
                    items.append(try JSONDocument(Array(line)).root)
                } catch {
                    let offset = start + error.offset
                    throw Refusal(
                        JSONReply(status: 400) { writer in
                            writer.member("error", "Invalid JSON")
                            writer.member("message", error.message)
                            writer.member("offset", offset)
                            writer.member("line", number)
                        }
                    )
                }
            }
            start = end + 1
        }
        return items
    }

    /// All events, or every fault of all of them.
    func read(_ validator: EventValidator) throws -> Reading {
        if let whole {
            do throws(InvalidInput) {
                let reading = try validator.read(whole)
                return Reading(
                    events: reading.events,
                    isBatch: reading.isBatch,
                    ignoredTenantIds: reading.ignoredTenantIds
                )
            } catch {
                throw Refusal(error)
            }
        }
        let outcomes = readEach(validator)
        var faults: [InputFault] = []
        for case .failure(let invalid) in outcomes.results { faults += invalid.faults }
        if !faults.isEmpty {
            throw Refusal(InvalidInput(faults: Array(faults.prefix(Self.maximumFaults))))
        }
        return Reading(
            events: outcomes.results.compactMap { try? $0.get() },
            isBatch: true,
            ignoredTenantIds: outcomes.ignoredTenantIds
        )
    }

    /// Each event, or its faults: all together at most a thousand, and at least the first one of each.
    func readEach(
        _ validator: EventValidator
    ) -> (results: [Result<Event, InvalidInput>], ignoredTenantIds: Int) {
        var ignored = 0
        var room = Self.maximumFaults
        let results = items.enumerated().map { index, item in
            let (result, ids) = Self.read(item, at: isBatch ? [.item(index)] : [], validator)
            ignored += ids
            return result.mapError { invalid in
                // What decides the answer's status is never left out (ING-19).
                let foreign = invalid.faults.first { $0.rule == Refusal.foreignTenant }
                let kept = Array(invalid.faults.prefix(max(room, 1)))
                room = max(0, room - kept.count)
                guard let foreign, !kept.contains(foreign) else { return InvalidInput(faults: kept) }
                return InvalidInput(faults: [foreign])
            }
        }
        return (results, ignored)
    }

    /// One event, or its faults, at a place in the body.
    static func read(
        _ item: JSONValue,
        at place: [InputFault.Step] = [],
        _ validator: EventValidator
    ) -> (result: Result<Event, InvalidInput>, ignoredTenantIds: Int) {
        // An array inside a batch is no batch (EVT-28).
        if item.kind == .array {
            let fault = InputFault(
                path: place,
                rule: "body.type",
                code: "invalid_type",
                message: "Expected an event object"
            )
            return (.failure(InvalidInput(faults: [fault])), 0)
        }
        do throws(InvalidInput) {
            let reading = try validator.read(item)
            return (.success(reading.events[0]), reading.ignoredTenantIds)
        } catch {
            let faults = error.faults.map { fault in
                InputFault(path: place + fault.path, rule: fault.rule, code: fault.code, message: fault.message)
            }
            return (.failure(InvalidInput(faults: faults)), 0)
        }
    }
}

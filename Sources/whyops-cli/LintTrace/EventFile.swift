import FoundationEssentials
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// A file of events, in whatever form they are kept (FND-32).
struct EventFile {
    private let items: [JSONValue]
    private let isComplete: Bool
    private let name: String

    /// - Parameter path: `-` for standard input.
    init(_ path: String) throws {
        name = path == "-" ? "standard input" : path
        let bytes = path == "-" ? Terminal.input() : FileManager.default.contents(atPath: path).map { Array($0) }
        guard let bytes else { throw Settings.Fault(description: "\(name) cannot be read.") }
        if let root = try? JSONDocument(bytes, limits: Self.limits).root {
            (items, isComplete) = try Self.items(of: root, name)
        } else {
            items = try Self.lines(bytes, name)
            isComplete = true
        }
    }

    /// A hundred thousand events with a history each are more than one request may have.
    private static let limits = JSONLimits(values: 200_000_000)

    private static func items(of root: JSONValue, _ name: String) throws -> (items: [JSONValue], isComplete: Bool) {
        if root.kind == .array { return (root.children, true) }
        if let events = root["events"], events.kind == .array {
            let pages = root["eventsPagination"] ?? root["pagination"]
            return (events.children, pages?["hasMore"]?.kind != .true)
        }
        guard root.kind == .object, root["eventType"] != nil else {
            throw Settings.Fault(description: "\(name) holds no events: an array, NDJSON, or an object with 'events'.")
        }
        return ([root], true)
    }

    private static func lines(_ bytes: [UInt8], _ name: String) throws -> [JSONValue] {
        var items: [JSONValue] = []
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            do throws(JSONFault) {
                items.append(try JSONDocument(Array(line), limits: limits).root)
            } catch {
                throw Settings.Fault(
                    description: "\(name) is neither JSON nor NDJSON: line \(number + 1): \(error.message)."
                )
            }
        }
        return items
    }

    /// An analysis for each trace, in the order in which they come.
    func reports(atLeast severity: FindingSeverity) throws -> [TraceReport] {
        var order: [ExactText] = []
        var traces: [ExactText: FileTrace] = [:]
        for (index, item) in items.enumerated() {
            let event: FileEvent
            do {
                event = try FileEvent(item)
            } catch {
                throw Settings.Fault(description: "\(name): event \(index + 1): \(error.reason).")
            }
            let id = ExactText(event.traceId)
            if traces[id] == nil { order.append(id) }
            traces[id, default: FileTrace()].add(event)
        }
        if order.isEmpty { return [TraceReport(TraceFindings(of: []), of: "", atLeast: severity)] }
        return order.map { id in
            let events = traces[id]?.events ?? []
            return TraceReport(TraceFindings(of: events, isComplete: isComplete), of: id.text, atLeast: severity)
        }
    }
}

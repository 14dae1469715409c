import HTTPTypes
import Hummingbird
import Synchronization

/// Which methods each path takes, for requests that no route takes (ING-107).
final class AllowedMethods: Sendable {
    private struct Entry {
        /// A path's parts; `nil` for one that may be anything.
        let parts: [Substring?]
        let allowed: String

        func matches(_ path: [Substring]) -> Bool {
            parts.count == path.count && zip(parts, path).allSatisfy { $0 == nil || $0 == $1 }
        }
    }

    private let entries = Mutex<[Entry]>([])

    /// Takes over all routes of a router. Comes after the last of them.
    func read(_ router: Router<IngestContext>) {
        let paths = Dictionary(grouping: router.routes, by: \.path.description)
        let found = paths.map { path, routes in
            var methods = Set(routes.map(\.method.rawValue))
            // The router makes them.
            if methods.contains("GET") { methods.insert("HEAD") }
            let parts = path.split(separator: "/").map { $0.hasPrefix("{") ? nil : $0 }
            return Entry(parts: parts, allowed: methods.sorted().joined(separator: ", "))
        }
        // As the router does it: a part that is named comes before one that may be anything.
        entries.withLock {
            $0 = found.sorted { $0.parts.count(where: { $0 == nil }) < $1.parts.count(where: { $0 == nil }) }
        }
    }

    /// What a request gets whose path takes other methods; `nil` where there is no such path.
    func refusal(of request: Request) -> Refusal? {
        let path = request.uri.path.split(separator: "/")
        guard let entry = entries.withLock({ $0.first { $0.matches(path) } }) else { return nil }
        return Refusal(
            405,
            "Method Not Allowed",
            message: "This path takes \(entry.allowed).",
            headers: [.allow: entry.allowed]
        )
    }
}

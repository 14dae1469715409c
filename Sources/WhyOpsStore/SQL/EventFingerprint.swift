import WhyOps

/// What tells a repeated event from a reuse of its idempotency key (EVT-19, EVT-20).
///
/// Repetitions are rare, so every event pays for a digest of its short parts only. Content and metadata stand in the
/// first event's row, and are brought into their canonical form and compared when a repetition comes.
struct EventFingerprint: Sendable {
    /// As it is stored, told by its first character from what earlier versions stored: the digest of the whole event.
    let text: String

    /// - Complexity: O(n) in the texts of the event, without content and metadata.
    init(_ event: Event) {
        var event = event
        // A client that sends an event again may stamp it anew, so the time does not count.
        event.timestamp = nil
        event.content = nil
        event.metadata = nil
        text = Self.mark + SHA256.hex(of: event.json)
    }

    private static let mark = "p"

    /// Whether an event that is stored is the same as one that came now.
    ///
    /// - Parameters:
    ///   - stored: what was stored as the first event's fingerprint.
    ///   - content: the first event's, as it is stored; so is `metadata`.
    func isSame(asStored stored: String?, content: String?, metadata: String?, _ event: Event) -> Bool {
        guard let stored else { return false }
        guard stored.hasPrefix(Self.mark) else { return stored == Self.whole(event) }
        guard stored == text else { return false }
        let first = Self.parts(content.map { Array($0.utf8) }, metadata.map { Array($0.utf8) })
        return first.canonicalJSON == Self.parts(event.content, event.metadata).canonicalJSON
    }

    private static func parts(_ content: [UInt8]?, _ metadata: [UInt8]?) -> Event {
        Event(eventType: .error, traceId: "", agentName: "", content: content, metadata: metadata)
    }

    private static func whole(_ event: Event) -> String {
        var event = event
        event.timestamp = nil
        return SHA256.hex(of: event.canonicalJSON)
    }
}

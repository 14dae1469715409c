import NIOCore

/// How much of a request's time the proxy itself took (PRX-50): not the client's for its body, not the upstream's.
struct OwnTime {
    private var since: NIODeadline?
    private var spent = TimeAmount.nanoseconds(0)

    /// It is the proxy's turn.
    mutating func begin() {
        if since == nil { since = .now() }
    }

    /// It is somebody else's.
    mutating func pause() {
        guard let since else { return }
        spent = spent + (NIODeadline.now() - since)
        self.since = nil
    }

    /// Forgets the request before.
    mutating func reset() {
        since = nil
        spent = .nanoseconds(0)
    }

    /// As of now.
    var elapsed: TimeAmount {
        spent + (since.map { NIODeadline.now() - $0 } ?? .nanoseconds(0))
    }

    /// The value of `Server-Timing` as of now, in milliseconds with three digits.
    var header: String {
        let microseconds = elapsed.nanoseconds / 1000
        let digits = String(microseconds % 1000)
        return "whyops;dur=\(microseconds / 1000)." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}

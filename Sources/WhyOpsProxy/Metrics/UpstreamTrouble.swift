/// What an upstream did instead of replying, for the figures (PRX-85).
enum UpstreamTrouble: String, CaseIterable {
    /// No connection, no head, no more of the reply or no end of it in time.
    case timeout
    /// Refused, unknown, broken off or not HTTP.
    case unreachable
    /// A stream that ended before its reply did.
    case incomplete
    /// A reply that is not JSON although it should be.
    case unreadable
    /// A reply that would have had to be read, and is larger than that may be.
    case tooLarge = "too_large"
    case refused4xx = "status_4xx"
    case refused5xx = "status_5xx"

    /// What a request that went to a provider came to; `nil` where nothing went wrong there.
    init?(_ record: RequestRecord) {
        if record.provider == nil { return nil }
        switch (record.code, record.status ?? 0) {
        case ("upstream_timeout", _): self = .timeout
        case ("upstream_unreachable", _): self = .unreachable
        case ("upstream_incomplete", _): self = .incomplete
        case ("upstream_not_json", _), ("upstream_unreadable", _): self = .unreadable
        case ("upstream_reply_too_large", _): self = .tooLarge
        case (nil, 400..<500): self = .refused4xx
        case (nil, 500...): self = .refused5xx
        default: return nil
        }
    }
}

/// An event that waits to be sent, or is under way.
struct QueuedEvent: Sendable {
    /// What became of it.
    enum Outcome: Sendable {
        case acknowledged(isSampledOut: Bool)
        case refused(ClientError)
        case dropped(ClientError)
        case lost(ClientError)

        var error: ClientError? {
            switch self {
            case .acknowledged: nil
            case .refused(let error), .dropped(let error), .lost(let error): error
            }
        }
    }

    /// Its number, from 0, in the order of recording.
    let sequence: Int
    let bytes: [UInt8]
    let traceId: String
    let eventType: String
    /// Told what became of it, where somebody waits.
    let receipt: OneShot<ClientError?>?
}

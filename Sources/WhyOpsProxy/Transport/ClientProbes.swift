import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How the system finds out that a client's machine is gone although nobody has said so (PRX-190).
struct ClientProbes: Equatable {
    /// How long a connection rests before it is probed, in seconds.
    let rest: Int
    /// How long an answer may take, in seconds.
    let interval: Int
    /// How many probes without an answer are too many.
    static let count = 3

    /// What the systems take for either time, in seconds.
    private static let longest = 32_767.0

    /// Finds a machine gone when it has answered nothing for a time, which is four seconds at least.
    init(silence: Double) {
        let interval = min(max(silence / 6, 1), Self.longest).rounded(.down)
        self.interval = Int(interval)
        rest = Int(min(max(silence - Double(Self.count) * interval, 1), Self.longest).rounded(.up))
    }

    /// Sets them at a listener; the connections that it accepts have them from it.
    func apply(to listener: any Channel) {
        #if canImport(Darwin)
            let resting = TCP_KEEPALIVE
        #else
            let resting = TCP_KEEPIDLE
        #endif
        let times = [(resting, rest), (TCP_KEEPINTVL, interval), (TCP_KEEPCNT, Self.count)]
        let options = listener.syncOptions
        // A system that does not know them serves without: a machine that is gone is then noticed later.
        for (name, value) in times {
            let name = NIOBSDSocket.Option(rawValue: name)
            try? options?.setOption(.tcpOption(name), value: SocketOptionValue(value))
        }
        try? options?.setOption(.socketOption(.so_keepalive), value: 1)
    }
}

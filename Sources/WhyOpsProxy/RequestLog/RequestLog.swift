import Logging
import NIOCore

/// The operator's log of requests: one line for each that has ended (PRX-116, PRX-117).
struct RequestLog: Sendable {
    private let logger: Logger
    private let refusals = LineBudget(atOnce: 60, each: .seconds(1))
    private let storeReads = LineBudget(atOnce: 1, each: .seconds(1))
    private let connections = LineBudget(atOnce: 1, each: .seconds(10))
    /// What is told of the listener itself.
    let listener: ListenerLog

    init(logger: Logger) {
        self.logger = logger
        listener = ListenerLog(logger: logger)
    }

    /// Writes a request down that has ended.
    func write(_ record: RequestRecord) {
        var level = Self.level(of: record)
        // By default nothing is written of what went well, and then nothing is made for it either.
        if level < logger.logLevel { return }
        if level == .info, record.route == .health { level = .debug }
        if level < logger.logLevel { return }
        var line: Logger.Metadata = [
            "method": "\(Self.method(record.method))",
            "route": "\(record.route.rawValue)",
            "end": "\(record.end.rawValue)",
            "own_ms": .stringConvertible(Self.milliseconds(record.ownTime ?? .nanoseconds(0))),
            "ms": .stringConvertible(Self.milliseconds(record.wholeTime)),
            "bytes_in": .stringConvertible(record.received),
            "bytes_out": .stringConvertible(record.sent),
        ]
        line["status"] = record.status.map { .stringConvertible($0) }
        line["provider"] = record.provider.map { "\($0)" }
        line["trace"] = record.trace.map { "\($0)" }
        line["request"] = record.requestID.map { "\($0)" }
        line["code"] = record.code.map { "\($0)" }
        if record.provider == nil, level >= .notice {
            guard let leftOut = refusals.take(at: .now()) else { return }
            if leftOut > 0 { line["left_out"] = .stringConvertible(leftOut) }
        }
        logger.log(level: level, "request", metadata: line)
    }

    /// Tells that the store does not say what a request needs to be let in; every request can bring that about.
    func cannotRead(_ what: String, _ error: any Error) {
        guard let leftOut = storeReads.take(at: .now()) else { return }
        var line: Logger.Metadata = ["error": "\(error)"]
        if leftOut > 0 { line["left_out"] = .stringConvertible(leftOut) }
        logger.error("\(what) cannot be read", metadata: line)
    }

    /// Tells that a connection was refused because there are as many as may be (PRX-120).
    func refusedConnection() {
        guard let leftOut = connections.take(at: .now()) else { return }
        let line: Logger.Metadata = leftOut > 0 ? ["left_out": .stringConvertible(leftOut)] : [:]
        logger.warning("connections are refused: there are as many as --max-connections lets", metadata: line)
    }

    /// What went well is for who wants to see it; what did not is seen unless that is switched off.
    private static func level(of record: RequestRecord) -> Logger.Level {
        let status = record.status ?? 0
        if status >= 500 || record.end == .brokenOff { return .warning }
        if status >= 400 { return .notice }
        return record.code == nil ? .info : .warning
    }

    /// A method of HTTP as it is; any other word is the client's own and not written.
    private static func method(_ name: String) -> String {
        switch name {
        case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE": name
        case "": "none"
        default: "other"
        }
    }

    /// With three digits.
    private static func milliseconds(_ time: TimeAmount) -> Double {
        Double(time.nanoseconds / 1000) / 1000
    }
}

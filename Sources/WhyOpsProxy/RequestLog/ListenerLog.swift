package import Logging
import NIOCore

/// Tells the operator of a listener that the system has no room for another connection, at most once in 10 seconds
/// (PRX-124).
package struct ListenerLog: Sendable {
    private let logger: Logger
    private let budget = LineBudget(atOnce: 1, each: .seconds(10))

    package init(logger: Logger) {
        self.logger = logger
    }

    func cannotAccept(_ code: Int32) {
        guard let leftOut = budget.take(at: .now()) else { return }
        var line: Logger.Metadata = ["errno": .stringConvertible(Int(code))]
        if leftOut > 0 { line["left_out"] = .stringConvertible(leftOut) }
        logger.error("connections wait: the system has no file or memory for another one", metadata: line)
    }
}

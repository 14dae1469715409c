import Logging
import ServiceLifecycle
package import WhyOpsStore

/// What a service removes, and when.
package struct RetentionConfiguration: Sendable {
    /// Of projects that say nothing themselves.
    package var limits = RetentionLimits()
    package var interval = Duration.seconds(300)

    package init() {}
}

/// Looks now and then for what is to be kept no longer (STO-21).
struct Retention: Service {
    let configuration: RetentionConfiguration
    let store: DatabaseStore
    let metrics: RetentionMetrics
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var last: ContinuousClock.Instant?
            while !Task.isCancelled {
                let now = ContinuousClock.now
                await look(elapsed: last.map { now - $0 } ?? .zero)
                last = now
                try? await Task.sleep(for: configuration.interval)
            }
        }
    }

    /// One run; what fails is tried again at the next.
    private func look(elapsed: Duration) async {
        do {
            let report = try await store.retain(configuration.limits, elapsed: elapsed) { metrics.removed($0) }
            metrics.finished(report)
            // A service that has just started after a pause needs a moment, which is nobody's business.
            if report.clockLead > 86_400 {
                logger.warning(
                    """
                    the clock is far ahead of the last time that retention knows: nothing goes before its age is reached by \
                    a time that follows slowly (STO-24)
                    """,
                    metadata: ["ahead": .string(Amount.text(age: report.clockLead.rounded()))]
                )
            }
            if report.isEmpty { return }
            logger.notice(
                "retention removed what is to be kept no longer",
                metadata: [
                    "traces": .stringConvertible(report.traces), "events": .stringConvertible(report.events),
                    "dead-letters": .stringConvertible(report.deadLetters),
                ]
            )
        } catch is CancellationError {
            // The next start goes on.
        } catch {
            metrics.failed()
            logger.warning(
                "retention could not remove what is to be kept no longer; it tries again",
                metadata: ["error": .string((error as? StoreError)?.message ?? "\(error)")]
            )
        }
    }
}

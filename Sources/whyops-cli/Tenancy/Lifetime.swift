import ArgumentParser
import FoundationEssentials
import WhyOps

/// When a key ends: a time stamp, or how long from now.
struct Lifetime: ExpressibleByArgument {
    /// In seconds since 1970.
    let end: Double

    init?(argument: String) {
        let now = Date().timeIntervalSince1970
        if let timestamp = Timestamp(argument) {
            end = Double(timestamp.milliseconds) / 1000
        } else if let unit = argument.last, let seconds = Self.units[unit], let count = Int(argument.dropLast()),
            count > 0,
            count <= 100_000_000
        {
            end = now + Double(count) * seconds
        } else {
            return nil
        }
        if end <= now { return nil }
    }

    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// A moment as people and programs read it.
    static func text(_ seconds: Double?) -> String? {
        seconds.map { Timestamp(milliseconds: Int64(($0 * 1000).rounded())).text }
    }
}

import FoundationEssentials
import WhyOps

/// The time of day, as replies carry it.
enum ServerTime {
    static var now: String {
        Timestamp(milliseconds: Int((Date().timeIntervalSince1970 * 1000).rounded(.down))).text
    }
}

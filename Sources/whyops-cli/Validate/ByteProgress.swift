import WhyOpsCommand

/// How far a long read is, on a terminal only.
final class ByteProgress {
    /// Shorter reads are over before a person could read a line.
    private static let step = 64 << 20

    private var shown = 0
    private var isVisible = false

    func show(_ path: String, _ bytes: Int, of size: Int?) {
        guard Terminal.isInteractive else { return }
        if bytes < shown { shown = 0 }
        guard bytes - shown >= Self.step else { return }
        shown = bytes
        isVisible = true
        let whole = size.map { $0 > 0 ? " of \($0 >> 20) MiB, \(min(100, bytes * 100 / $0)) %" : "" } ?? " MiB"
        Terminal.status("\(path): \(bytes >> 20)\(whole)")
    }

    func clear() {
        if isVisible { Terminal.status("") }
        isVisible = false
    }
}

/// Texts of one kind in turn, together larger than a core's caches, so that neither data nor branches are known before.
public struct Rotation: Sendable {
    /// The texts, equally long but for a few bytes.
    public let texts: [[UInt8]]

    /// As many texts as it takes to fill 8 MiB, at least two and at most 64.
    ///
    /// - Parameter text: gives a text by a number that has to show in it near its start.
    public init(size: Int, _ text: (Int) -> [UInt8]) {
        texts = (0..<min(64, max(2, (8 << 20) / max(size, 1)))).map(text)
    }

    /// The size of one of them, in bytes.
    public var size: Int { texts.reduce(0) { $0 + $1.count } / texts.count }
}

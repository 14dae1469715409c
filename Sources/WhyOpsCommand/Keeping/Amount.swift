/// Times and sizes as people write them.
package enum Amount {
    /// What an age must be, for a person.
    package static let ageForm = "a time from 1h to 36500d, such as 30d, 12h or 90m"
    /// What a size must be, for a person.
    package static let sizeForm = "a size from 1MB on, such as 10GB, 500MB or 2GiB"

    private static let times: [(unit: String, seconds: Double)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]
    private static let sizes: [(unit: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("KB", 1000), ("MB", 1_000_000),
        ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ]

    /// Seconds, at least an hour of them: a client that tries again must find what it stored (STO-28).
    package static func age(_ text: String) -> Double? {
        guard let (unit, seconds) = times.first(where: { text.hasSuffix($0.unit) }),
            let count = number(text.dropLast(unit.utf8.count))
        else { return nil }
        let age = Double(count) * seconds
        return (3600...36_500 * 86_400).contains(age) ? age : nil
    }

    /// Bytes.
    package static func size(_ text: String) -> Int? {
        guard let (unit, bytes) = sizes.first(where: { text.hasSuffix($0.unit) }),
            let count = number(text.dropLast(unit.utf8.count))
        else { return nil }
        let (size, isTooLarge) = count.multipliedReportingOverflow(by: bytes)
        return !isTooLarge && size >= 1_000_000 ? size : nil
    }

    /// An age as it is written shortest.
    package static func text(age: Double) -> String {
        for (unit, seconds) in times where (age / seconds).rounded() * seconds == age {
            return "\(Int(age / seconds))\(unit)"
        }
        return "\(Int(age.rounded()))s"
    }

    /// A size as it is written shortest.
    package static func text(bytes: Int) -> String {
        let (unit, size) = sizes.sorted { $0.bytes > $1.bytes }.first { bytes % $0.bytes == 0 } ?? ("B", 1)
        return "\(bytes / size)\(unit)"
    }

    /// Digits alone, not too many of them.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}

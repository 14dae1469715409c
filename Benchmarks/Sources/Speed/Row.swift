import Workloads

/// One line of the table: our way, a copy of the same bytes, and the obvious way.
struct Row {
    var name: String
    var inputs: Rotation
    var ours: ([UInt8]) -> Void
    /// What code without this library does; `nil` where there is no such thing.
    var obvious: (([UInt8]) -> Void)?
    /// What a program in another language took for it, in nanoseconds.
    var peers: [(name: String, nanoseconds: Double)] = []

    init(
        _ name: String,
        _ inputs: Rotation,
        ours: @escaping ([UInt8]) -> Void,
        obvious: (([UInt8]) -> Void)? = nil
    ) {
        self.name = name
        self.inputs = inputs
        self.ours = ours
        self.obvious = obvious
    }

    /// The line, measured.
    func measured() -> String {
        let texts = inputs.texts
        let longest = texts.map(\.count).max() ?? 0
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: max(longest, 1), alignment: 64)
        defer { target.deallocate() }
        let copy: (Int) -> Void = { call in
            texts[call % texts.count].withUnsafeBytes { target.copyMemory(from: $0) }
            keep(target[0])
        }
        let ours = ours
        let rounds = longest > 4 << 20 ? 7 : 15
        let fast = Measure.nanoseconds(
            rounds: rounds,
            calls: texts.count,
            [copy, { call in ours(texts[call % texts.count]) }]
        )
        var cells = [
            name, Self.size(inputs.size), Self.time(fast[1]), Self.decimal(Double(inputs.size) / fast[1]) + " GB/s",
            Self.decimal(fast[0] / fast[1], 3) + "x",
        ]
        if let obvious {
            // It takes so long that few rounds have to do.
            let slow = Measure.nanoseconds(rounds: 3, calls: min(texts.count, max(1, (1 << 20) / max(longest, 1)))) {
                call in obvious(texts[call % texts.count])
            }
            cells.append(Self.decimal(slow / fast[1], 1) + "x")
        } else {
            cells.append("")
        }
        cells.append(peers.map { "\($0.name) \(Self.decimal($0.nanoseconds / fast[1], 1))x" }.joined(separator: ", "))
        return "| " + cells.joined(separator: " | ") + " |"
    }

    /// The head of the table.
    static let head =
        "| what | bytes | median | speed | of a copy | the obvious way takes | others take |\n|---|---|---|---|---|---|---|"

    private static func size(_ bytes: Int) -> String {
        bytes < 10_000 ? "\(bytes)" : bytes < 1 << 20 ? "\(bytes >> 10) K" : "\(bytes >> 20) M"
    }

    private static func time(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<10_000: "\(Int(nanoseconds + 0.5)) ns"
        case ..<10_000_000: decimal(nanoseconds / 1000) + " us"
        default: decimal(nanoseconds / 1_000_000) + " ms"
        }
    }

    static func decimal(_ value: Double, _ places: Int = 2) -> String {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = Int(value * scale + 0.5)
        let rest = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: places - rest.count) + rest
    }
}

extension Measure {
    /// The median of one body.
    static func nanoseconds(rounds: Int, calls: Int, _ body: @escaping (Int) -> Void) -> Double {
        nanoseconds(rounds: rounds, calls: calls, [body])[0]
    }
}

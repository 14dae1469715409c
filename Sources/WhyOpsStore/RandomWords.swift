import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Random numbers of the system for ids, asked for many at a time: a call for each would take longer than all that is done
/// with it. Keys are not made of these.
struct RandomWords: RandomNumberGenerator {
    private static let words = Mutex<[UInt64]>([])

    func next() -> UInt64 {
        Self.words.withLock { words in
            if words.isEmpty { words = Self.fresh() }
            return words.removeLast()
        }
    }

    /// At least one.
    private static func fresh() -> [UInt64] {
        #if canImport(Glibc)
            // As many bytes as the system gives at once.
            var words = [UInt64](repeating: 0, count: 32)
            if words.withUnsafeMutableBytes({ getentropy($0.baseAddress, $0.count) }) == 0 { return words }
        #endif
        var generator = SystemRandomNumberGenerator()
        return [generator.next()]
    }
}

import Testing
import WhyOpsGzip

struct GzipEncoderTests {
    /// Nothing, a byte, more than a chunk that shrinks, and more than a chunk that does not.
    private static let bodies: [[UInt8]] = [
        [], [7], [UInt8](repeating: 7, count: 1_000_000),
        (0..<300_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) },
    ]

    @Test(arguments: bodies) func whatIsEncodedIsDecoded(_ body: [UInt8]) throws {
        let packed = try #require(GzipEncoder.encode(body))
        let decoder = try GzipDecoder()
        var output: [UInt8] = []
        try packed.withUnsafeBytes { try decoder.decode($0, into: &output, limit: 2_000_000) }
        try decoder.end()
        #expect(output == body)
        #expect(body.count < 500_000 || packed.count < 10_000)
    }
}

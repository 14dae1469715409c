import Testing

@testable import WhyOpsGzip

/// PRX-90 to PRX-92, with members made by gzip itself.
struct GzipDecoderTests {
    /// `hello`, then a new line.
    static let hello: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xE7, 0x02, 0x00,
        0x20, 0x30, 0x3A, 0x36, 0x06, 0x00, 0x00, 0x00,
    ]
    static let text = Array("hello\n".utf8)

    /// What pieces decode to.
    private func decode(_ pieces: [[UInt8]], limit: Int = 1000) throws -> [UInt8] {
        let decoder = try GzipDecoder()
        var output: [UInt8] = []
        for piece in pieces { try piece.withUnsafeBytes { try decoder.decode($0, into: &output, limit: limit) } }
        try decoder.end()
        return output
    }

    @Test func everyPlaceToCut() throws {
        for place in 0...Self.hello.count {
            let pieces = [Array(Self.hello[..<place]), Array(Self.hello[place...])]
            #expect(try decode(pieces) == Self.text, "cut at \(place)")
        }
        #expect(try decode(Self.hello.map { [$0] }) == Self.text)
    }

    @Test func severalMembers() throws {
        #expect(try decode([Self.hello + Self.hello + Self.hello]) == Self.text + Self.text + Self.text)
        #expect(try decode((Self.hello + Self.hello).map { [$0] }) == Self.text + Self.text)
    }

    @Test func cutOffAnywhere() {
        for count in 0..<Self.hello.count {
            #expect(throws: GzipDecoder.Fault.cutOff, "\(count) bytes") { try decode([Array(Self.hello[..<count])]) }
            guard count > 0 else { continue }
            #expect(throws: GzipDecoder.Fault.cutOff) { try decode([Self.hello, Array(Self.hello[..<count])]) }
        }
    }

    /// A bit that is wrong is found, or it is one of the few that stand for nothing.
    @Test func everyBit() throws {
        var found = 0
        for place in [0, 1, 2] + Array(10..<Self.hello.count) {
            for bit in 0..<8 {
                var bytes = Self.hello
                bytes[place] ^= 1 << bit
                do {
                    #expect(try decode([bytes]) == Self.text, "bit \(bit) of byte \(place)")
                } catch is GzipDecoder.Fault {
                    found += 1
                }
            }
        }
        // The last byte of the data is filled up.
        #expect(found >= (3 + 16) * 8 - 7)
    }

    @Test(arguments: [[0], [0x1F, 0x00], Array("{}".utf8), [0x1F, 0x8B, 0x09]] as [[UInt8]])
    func somethingBehind(_ rest: [UInt8]) {
        #expect(throws: GzipDecoder.Fault.self) { try decode([Self.hello + rest]) }
        #expect(throws: GzipDecoder.Fault.self) { try decode([Self.hello, rest]) }
    }

    /// Members that decode to nothing are no end, and what is over the limit is no more than a chunk.
    @Test func stopsBehindTheLimit() throws {
        let decoder = try GzipDecoder()
        var output: [UInt8] = []
        let many = Array(repeatElement(Self.hello, count: 20_000).joined())
        try many.withUnsafeBytes { try decoder.decode($0, into: &output, limit: 100) }
        #expect(output.count > 100 && output.count <= 100 + 32 * 1024)
    }
}

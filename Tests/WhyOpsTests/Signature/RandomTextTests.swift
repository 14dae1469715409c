import Foundation
import Testing

@testable import WhyOps

/// T5: a text that carries no signature says nothing and stays as it is, and one that gained one gets back to it.
@Suite struct RandomTextTests {
    /// As many as reliability.md asks for in the nightly run, fewer with each change.
    private static let count = ProcessInfo.processInfo.environment["WHYOPS_NIGHTLY"] == nil ? 10_000 : 1_000_000

    /// What scripts, emoji and signatures need, and anything else.
    private static let ranges: [ClosedRange<UInt32>] = [
        0x20...0x7E, 0x20...0x7E, 0xA1...0x2FF, 0x300...0x36F, 0x600...0x6FF, 0x900...0x97F, 0xE01...0xE3A,
        0x1780...0x17D2, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x3041...0x30FF, 0x4E00...0x9FFF,
        0xAC00...0xD7A3, 0xFE00...0xFE0F, 0xFEFF...0xFEFF, 0x1F300...0x1FAFF, 0xE0000...0xE007F, 0xE0100...0xE01EF,
        0x0...0x10FFFF,
    ]

    private static func text(_ dice: inout SplitMix) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 1...24, using: &dice) {
            let range = ranges[Int.random(in: 0..<ranges.count, using: &dice)]
            let scalar = UInt32.random(in: range, using: &dice)
            // Such a run is a signature, of a later version (SIG-11).
            if (0xE01D8...0xE01DF).contains(scalar), text.suffix(3) == [0xE2, 0x81, 0xA0] { continue }
            text.appendUTF8((0xD800...0xDFFF).contains(scalar) ? 0xFFFD : scalar)
        }
        return text
    }

    @Test func noTextIsTakenForASignature() throws {
        let bytes = [UInt8](repeating: 7, count: SigningKey.byteCount)
        let key = try #require(SigningKey(id: 2, bytes: bytes))
        let keys = try #require(SigningKeys([key]))
        let id = try #require(TraceID("3b241101-e2bb-4255-8caf-4136c566a962"))
        let frames = [InvisibleSignature.encodeV1(id), InvisibleSignature.encodeV2(id, with: key)].compactMap {
            $0
        }
        #expect(frames.count == 2)
        var dice = SplitMix(state: .random(in: .min ... .max))
        var carriers = 0
        for number in 0..<Self.count {
            let seed = dice
            let text = Self.text(&dice)
            guard InvisibleSignature.strip(text, keys: keys) == text,
                InvisibleSignature.extract(from: text.span, keys: keys) == nil
            else {
                Issue.record("taken for a signature: \(text), seed \(seed.state)")
                return
            }
            let range = 0..<text.count
            guard let place = CarrierTest.place(in: text.span, range, escapes: false, policy: .always) else { continue }
            carriers += 1
            let signed = text.applying([ByteEdit(place..<place, with: frames[number % 2])])
            guard InvisibleSignature.strip(signed, keys: keys) == text,
                InvisibleSignature.extract(from: signed.span, keys: keys) == id
            else {
                Issue.record("not brought back: \(text), seed \(seed.state)")
                return
            }
        }
        #expect(carriers > Self.count / 2)
    }
}

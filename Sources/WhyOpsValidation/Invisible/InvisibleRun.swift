package import WhyOps

/// Invisible characters that stand side by side: a signature of ours, or something else.
package struct InvisibleRun: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// A whole frame of ours.
        case signature
        /// More of them than any writing needs, or such as hide what is read: a place for orders to a model.
        case suspicious
        /// What a script or an emoji may need.
        case ordinary
    }

    package let kind: Kind
    /// The file as it was named, or `-` for standard input.
    package let source: String
    package let place: TextPlace
    /// Its bytes in the file.
    package let range: Range<Int>
    /// The code points, of a long run the first of them.
    package let scalars: [UInt32]
    /// How many there are in all.
    package let count: Int
    /// The frame, where it is one.
    package let signature: FoundSignature?

    /// How many code points of a run are kept.
    package static let mostScalars = 256

    /// What is said of it to a person.
    package var sentence: String {
        if let signature { return signature.sentence }
        let first = scalars.first.flatMap { InvisibleCharacter($0) }
        let name = "\(scalars.first.map(Self.code) ?? "") \(first?.name ?? "")"
        if count == 1 { return "\(name): \(first?.use ?? "")" }
        let isUniform = Set(scalars).count == 1
        let start = isUniform ? "\(count) times \(name)" : "\(count) invisible characters, the first \(name)"
        let hidden = hiddenText.map { "; it reads \($0)" } ?? ""
        return start + hidden
    }

    /// What tag characters spell, in quotes; they mirror ASCII.
    private var hiddenText: String? {
        let letters = scalars.filter { (0xE0020...0xE007E).contains($0) }.map {
            UInt8(truncatingIfNeeded: $0 - 0xE0000)
        }
        return letters.count < 2 ? nil : "'\(String(decoding: letters, as: UTF8.self))'"
    }

    /// A code point as the standard writes it.
    package static func code(_ scalar: UInt32) -> String {
        let digits = String(scalar, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}

/// A whole frame in a text, as its stripping finds it (SIG-20).
package struct FoundSignature: Hashable, Sendable {
    /// Its bytes in the text.
    package let range: Range<Int>
    /// 1, 2, or 3 for a later one.
    package let version: Int
    /// The id; of version 2 only where its tag is right under one of the keys (SIG-18).
    package let traceID: String?

    /// Reads the frame that lies in a range of a text.
    init(_ range: Range<Int>, in bytes: [UInt8], escapes: Bool, keys: SigningKeys?) {
        self.range = range
        let reading = InvisibleSignature.read(bytes.span, in: range, escapes: escapes, keys: keys)
        var cursor = TextCursor(range, escapes: escapes)
        let first = cursor.next(in: bytes.span)?.scalar
        let second = cursor.next(in: bytes.span)?.scalar
        // U+E01D7 is the selector of the byte that begins version 2; one of a later version is higher (SIG-10, SIG-11).
        version = first == 0x200B ? 1 : first == 0x2060 && (second ?? 0) > 0xE01D7 ? 3 : 2
        traceID = (version == 1 ? reading?.traceID : reading?.verified)?.text
    }

    /// All whole frames of a text, in their order.
    ///
    /// - Parameters:
    ///   - escapes: whether JSON's escapes count as the characters that they stand for.
    ///   - keys: the keys of the environment; without them no frame of version 2 is verified.
    package static func all(in bytes: [UInt8], escapes: Bool, keys: SigningKeys?) -> [FoundSignature] {
        let frames =
            InvisibleSignature.read(bytes.span, in: 0..<bytes.count, escapes: escapes, keys: keys)?.frames ?? []
        return frames.map { FoundSignature($0, in: bytes, escapes: escapes, keys: keys) }
    }

    package var sentence: String {
        switch (version, traceID) {
        case (1, let id?): "signature of version 1: trace \(id), not authenticated"
        case (1, nil): "signature of version 1 inside another one, or without a usable id"
        case (2, let id?): "signature of version 2: trace \(id), verified"
        case (2, nil): "signature of version 2 that none of the keys here verifies"
        default: "signature of a later version"
        }
    }
}

/// A character that leaves no mark on a page, and what it is for.
package struct InvisibleCharacter: Hashable, Sendable {
    /// Its name in the Unicode Character Database, or that of its block where it is one of many.
    package let name: String
    /// What it is for, and why it may stand in a text, for a person.
    package let use: String
    /// Whether writing in some script, or an emoji, needs it one by one.
    package let isOrdinary: Bool

    private init(_ name: String, _ use: String, isOrdinary: Bool = false) {
        self.name = name
        self.use = use
        self.isOrdinary = isOrdinary
    }

    /// What a scalar is; `nil` where it can be seen, or is white space, or a control that every editor shows.
    ///
    /// - Complexity: O(1).
    package init?(_ scalar: UInt32) {
        // Most text ends here.
        guard scalar >= 0xAD, let found = Self.single(scalar) ?? Self.ofRange(scalar) else { return nil }
        self = found
    }

    private static func single(_ scalar: UInt32) -> InvisibleCharacter? {
        switch scalar {
        case 0x00AD: Self("SOFT HYPHEN", "a place where a word may be broken", isOrdinary: true)
        case 0x034F:
            Self("COMBINING GRAPHEME JOINER", "keeps accents from being put in another order", isOrdinary: true)
        case 0x061C: Self("ARABIC LETTER MARK", "direction of the characters beside it", isOrdinary: true)
        case 0x115F, 0x1160: Self("HANGUL FILLER", "stands for a missing part of a Korean syllable", isOrdinary: true)
        case 0x180E: Self("MONGOLIAN VOWEL SEPARATOR", "form of the letters beside it", isOrdinary: true)
        case 0x200B: Self("ZERO WIDTH SPACE", "a place where a line may be broken; begins signatures of version 1")
        case 0x200C:
            Self("ZERO WIDTH NON-JOINER", "keeps letters apart in Persian, Urdu and Indic scripts", isOrdinary: true)
        case 0x200D: Self("ZERO WIDTH JOINER", "joins letters of Indic scripts, and emoji to one", isOrdinary: true)
        case 0x200E: Self("LEFT-TO-RIGHT MARK", "direction of the characters beside it", isOrdinary: true)
        case 0x200F: Self("RIGHT-TO-LEFT MARK", "direction of the characters beside it", isOrdinary: true)
        case 0x202D, 0x202E: Self("DIRECTION OVERRIDE", "shows what follows in another order than it is read")
        case 0x2060: Self("WORD JOINER", "keeps a line from being broken; begins signatures of version 2")
        case 0x3164: Self("HANGUL FILLER", "an empty letter; names and code can be hidden in it")
        case 0xFEFF: Self("ZERO WIDTH NO-BREAK SPACE", "byte order mark at the start of a file; elsewhere a joiner")
        case 0xFFA0: Self("HALFWIDTH HANGUL FILLER", "an empty letter; names and code can be hidden in it")
        default: nil
        }
    }

    private static func ofRange(_ scalar: UInt32) -> InvisibleCharacter? {
        switch scalar {
        case 0x17B4...0x17B5: Self("KHMER INHERENT VOWEL", "not meant to be written", isOrdinary: true)
        case 0x180B...0x180F: Self("MONGOLIAN VARIATION SELECTOR", "form of the letter before it", isOrdinary: true)
        case 0x202A...0x202C: Self("DIRECTIONAL EMBEDDING", "direction of a part of the text", isOrdinary: true)
        case 0x2061...0x2064: Self("INVISIBLE OPERATOR", "what is meant between parts of a formula")
        case 0x2066...0x2069: Self("DIRECTIONAL ISOLATE", "direction of a part of the text", isOrdinary: true)
        case 0x2065, 0x206A...0x206F: Self("DEPRECATED FORMAT CHARACTER", "not meant to be written any more")
        case 0xFE00...0xFE0F: Self("VARIATION SELECTOR", "form of the character before it", isOrdinary: true)
        case 0xFFF9...0xFFFB: Self("INTERLINEAR ANNOTATION", "parts a text from its reading aid")
        case 0x1BCA0...0x1BCA3: Self("SHORTHAND FORMAT CONTROL", "form of shorthand", isOrdinary: true)
        case 0x1D173...0x1D17A: Self("MUSICAL FORMAT CONTROL", "form of musical notation", isOrdinary: true)
        case 0xE0000...0xE007F:
            Self("TAG CHARACTER", "letters that only programs read; part of flags of regions behind a black flag")
        case 0xE0100...0xE01EF:
            Self("VARIATION SELECTOR SUPPLEMENT", "form of the ideograph before it", isOrdinary: true)
        default: nil
        }
    }
}

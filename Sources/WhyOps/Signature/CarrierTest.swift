/// When a text may carry a signature.
public enum SignaturePolicy: String, Sendable, CaseIterable {
    /// Only where the frame can do no harm (SIG-31 to SIG-35).
    case careful
    /// Wherever there is a visible character (SIG-36).
    case always
    /// Nowhere.
    case off
}

/// Decides, from a text read scalar by scalar, whether it may carry a frame at its end.
///
/// It keeps a few counters only, so a stream can be judged while it passes.
package struct CarrierTest {
    /// The most white space, in scalars, that may follow a frame (SIG-30).
    static let longestTail = 64

    private enum Opening { case unseen, backticks(Int), tildes(Int), allowed, refused }

    private let policy: SignaturePolicy
    private var opening = Opening.unseen
    private var words = 0
    private var wideScalars = 0
    private var lastVisible: UInt32?
    private var isInToken = false
    private var tokenIsAddress = false
    /// The bytes of a C2PA manifest's magic seen so far, `nil` outside of one.
    private var manifestProgress: Int?
    private var holdsManifest = false
    /// A high surrogate whose partner may come with the next delta of a stream.
    private var highSurrogate: UInt32?

    init(policy: SignaturePolicy) {
        self.policy = policy
    }

    /// Whether nothing that may follow can make the text a carrier.
    var isRefused: Bool {
        if policy == .off || holdsManifest { return true }
        if policy == .careful, case .refused = opening { return true }
        return false
    }

    /// Whether the text read so far may carry a frame.
    var carries: Bool {
        if isRefused { return false }
        if policy == .always { return lastVisible != nil || highSurrogate != nil }
        guard let last = lastVisible, highSurrogate == nil else { return false }
        return (words >= 3 || wideScalars >= 12) && !tokenIsAddress && Self.mayEnd(last)
    }

    /// Whether only the end of a text can still decide, unless U+FEFF comes, which may start a manifest.
    var isSettled: Bool {
        if isRefused { return true }
        guard manifestProgress == nil, highSurrogate == nil, lastVisible != nil else { return false }
        guard policy == .careful else { return true }
        guard case .allowed = opening else { return false }
        return words >= 3 || wideScalars >= 12
    }

    /// Goes on behind a part of the text that was left out, which ends in white space and holds no U+FEFF.
    mutating func skip() { isInToken = false }

    mutating func read(_ scalar: UInt32) {
        if scalar < 0x80, highSurrogate == nil, manifestProgress == nil, case .allowed = opening {
            return readPlain(scalar)
        }
        readAny(scalar)
    }

    /// Reads an ASCII character while nothing is open.
    private mutating func readPlain(_ scalar: UInt32) {
        if scalar == 0x20 || 0x09...0x0D ~= scalar {
            isInToken = false
            return
        }
        if !isInToken {
            isInToken = true
            tokenIsAddress = false
            if words < 3 { words += 1 }
        }
        if Self.marksAddress(scalar) { tokenIsAddress = true }
        lastVisible = scalar
    }

    private mutating func readAny(_ scalar: UInt32) {
        if let high = highSurrogate {
            highSurrogate = nil
            if (0xDC00...0xDFFF).contains(scalar) {
                return readWhole(0x10000 + (high - 0xD800) << 10 + (scalar - 0xDC00))
            }
            readWhole(high)
        }
        if (0xD800...0xDBFF).contains(scalar) {
            highSurrogate = scalar
        } else {
            readWhole(scalar)
        }
    }

    private mutating func readWhole(_ scalar: UInt32) {
        readManifest(scalar)
        if Self.isWhiteSpace(scalar) {
            isInToken = false
            if case .backticks = opening { opening = .allowed }
            if case .tildes = opening { opening = .allowed }
            return
        }
        readOpening(scalar)
        if !isInToken {
            isInToken = true
            tokenIsAddress = false
            words = min(words + 1, 3)
        }
        if Self.marksAddress(scalar) { tokenIsAddress = true }
        if scalar >= 0x0E00, Self.isWide(scalar) { wideScalars = min(wideScalars + 1, 12) }
        lastVisible = scalar
    }

    /// SIG-34: `@`, `/`, `\` and `=`.
    private static func marksAddress(_ scalar: UInt32) -> Bool {
        scalar == 0x40 || scalar == 0x2F || scalar == 0x5C || scalar == 0x3D
    }

    /// SIG-32.
    private mutating func readOpening(_ scalar: UInt32) {
        switch (opening, scalar) {
        case (.unseen, 0x7B), (.unseen, 0x5B), (.unseen, 0x3C): opening = .refused  // { [ <
        case (.unseen, 0x60): opening = .backticks(1)
        case (.unseen, 0x7E): opening = .tildes(1)
        case (.backticks(let count), 0x60): opening = count == 2 ? .refused : .backticks(count + 1)
        case (.tildes(let count), 0x7E): opening = count == 2 ? .refused : .tildes(count + 1)
        case (.refused, _): break
        default: opening = .allowed
        }
    }

    /// SIG-33.
    private static func mayEnd(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x41...0x5A, 0x61...0x7A: true
        case 0x2E, 0x21, 0x3F, 0x2C, 0x3B, 0x3A, 0x27, 0x22: true  // . ! ? , ; : ' "
        case 0xD800...0xDFFF: false
        default: scalar >= 0xA1
        }
    }

    /// SIG-31: the scalars that frames and joined emoji are made of are no writing.
    private static func isWide(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x200B...0x200F, 0x2060...0x2064, 0xD800...0xDFFF, 0xFE00...0xFE0F, 0xFEFF, 0xE0000...0xE0FFF: false
        default: true
        }
    }

    /// SIG-35: U+FEFF, then selectors for the eight bytes `C2PATXT` and zero.
    private mutating func readManifest(_ scalar: UInt32) {
        if scalar == 0xFEFF {
            manifestProgress = 0
        } else if let progress = manifestProgress {
            let magic: [8 of UInt8] = [0x43, 0x32, 0x50, 0x41, 0x54, 0x58, 0x54, 0x00]
            guard InvisibleSignature.V2.byte(of: scalar) == magic[progress] else {
                manifestProgress = nil
                return
            }
            manifestProgress = progress + 1
            if progress + 1 == 8 {
                holdsManifest = true
                manifestProgress = nil
            }
        }
    }

    static func isWhiteSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}

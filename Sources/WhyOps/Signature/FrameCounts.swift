/// How many whole frames were taken out of a text, by what each of them proves (EXC-90, PRX-85).
public struct FrameCounts: Sendable, Hashable {
    /// What a frame proves, as figures name it.
    public enum Proof: String, CaseIterable, Sendable {
        /// Version 2, with a tag that is right under a key of the environment.
        case verified
        /// Version 1, which is believed and not authenticated.
        case version1 = "version_1"
        /// Version 2, under a key that the environment does not have.
        case unknownKey = "unknown_key"
        /// Version 2, with a tag that is wrong: forged, damaged, or of another environment with a key of the same number.
        case wrongTag = "wrong_tag"
        /// A later version, which nobody can read yet (SIG-11).
        case laterVersion = "later_version"
        /// A frame that held another one inside (SIG-5).
        case nested

        /// As the event of a request names one that proves nothing; `nil` for the others.
        var member: String? {
            switch self {
            case .verified, .version1: nil
            case .unknownKey: "unknownKey"
            case .wrongTag: "wrongTag"
            case .laterVersion: "laterVersion"
            case .nested: "nested"
            }
        }
    }

    private var verified = 0
    private var version1 = 0
    private var unknownKey = 0
    private var wrongTag = 0
    private var laterVersion = 0
    private var nested = 0

    /// No frame.
    public init() {}

    /// Whether there was none.
    public var isEmpty: Bool { self == FrameCounts() }

    /// How many prove something, or nothing for a certain reason.
    public internal(set) subscript(proof: Proof) -> Int {
        get {
            switch proof {
            case .verified: verified
            case .version1: version1
            case .unknownKey: unknownKey
            case .wrongTag: wrongTag
            case .laterVersion: laterVersion
            case .nested: nested
            }
        }
        set {
            switch proof {
            case .verified: verified = newValue
            case .version1: version1 = newValue
            case .unknownKey: unknownKey = newValue
            case .wrongTag: wrongTag = newValue
            case .laterVersion: laterVersion = newValue
            case .nested: nested = newValue
            }
        }
    }

    /// Adds the frames of another text.
    mutating func add(_ other: FrameCounts) {
        for proof in Proof.allCases { self[proof] += other[proof] }
    }

    /// Whether all of them prove something.
    private var prove: Bool { unknownKey == 0 && wrongTag == 0 && laterVersion == 0 && nested == 0 }

    /// Writes those that prove nothing as a member of an event's metadata, if there are any (EXC-90).
    func write(to metadata: inout JSONWriter) {
        if prove { return }
        metadata.name("strippedFrames")
        metadata.object { writer in
            for proof in Proof.allCases where self[proof] > 0 {
                if let member = proof.member { writer.member(member, self[proof]) }
            }
        }
    }
}

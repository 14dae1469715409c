import WhyOps

/// Something of an environment that nodes write to one after the other (STO-3).
struct LockName: Sendable, Hashable {
    enum Kind: String, Sendable {
        case trace
        case agent
    }

    let kind: Kind
    let environmentID: String
    /// By bytes, since `String` would take two spellings of the same characters for one.
    let name: ExactText

    init(_ kind: Kind, _ name: String, environmentID: String) {
        self.kind = kind
        self.environmentID = environmentID
        self.name = ExactText(name)
    }

    /// The same for every node. Two names that share a number only wait for each other needlessly.
    var number: Int64 {
        let text = "\(kind.rawValue)\u{0}\(environmentID)\u{0}\(name.text)"
        return SHA256.digest(of: Array(text.utf8)).prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
}

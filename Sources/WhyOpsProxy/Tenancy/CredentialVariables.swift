package import WhyOpsStore

/// The variables of this process that providers of the store may take their credentials from (PRX-134).
///
/// Who may add a provider to a project, and choose where it leads, must not read with it what belongs to another one.
package struct CredentialVariables: Sendable {
    /// Whom a variable is granted to.
    private enum Grantee: Sendable, Hashable {
        case everybody
        case project(String)
        case environment(EnvironmentName)
    }

    private let value: @Sendable (String) -> String?
    private let grants: [String: Set<Grantee>]

    /// Grants nothing but to the home environment.
    ///
    /// - Parameter value: the value of a variable.
    package init(value: @escaping @Sendable (String) -> String? = { _ in nil }) {
        self.value = value
        grants = [:]
    }

    /// - Parameter grants: `NAME=PROJECT`, `NAME=PROJECT/ENVIRONMENT` or `NAME=*`, separated by commas; `nil` is given
    ///   back for anything else.
    package init?(grants text: String, value: @escaping @Sendable (String) -> String?) {
        self.value = value
        var grants: [String: Set<Grantee>] = [:]
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let grantee = Self.grantee(parts[1]) else { return nil }
            let name = String(parts[0])
            guard NewProvider.isVariable(name) else { return nil }
            grants[name, default: []].insert(grantee)
        }
        self.grants = grants
    }

    private static func grantee(_ text: Substring) -> Grantee? {
        if text == "*" { return .everybody }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy(DisplayName.isValid) else { return nil }
        return parts.count == 1
            ? .project(parts[0]) : .environment(EnvironmentName(project: parts[0], environment: parts[1]))
    }

    /// Whether an environment's providers may name a variable.
    package func isGranted(_ name: String, to environment: EnvironmentName) -> Bool {
        guard NewProvider.isVariable(name) else { return false }
        if environment == .home { return true }
        let grantees: [Grantee] = [.everybody, .project(environment.project), .environment(environment)]
        return grants[name].map { !$0.isDisjoint(with: grantees) } ?? false
    }

    /// The credential in a variable; `nil` where it has none or is not granted.
    func credential(_ name: String, for environment: EnvironmentName) -> String? {
        guard isGranted(name, to: environment) else { return nil }
        return value(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}

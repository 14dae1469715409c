/// A project and its environments.
package struct ProjectRecord: Sendable, Hashable {
    package let id: String
    package let name: String
    package let createdAt: String
    /// Whether its keys let somebody in (PRX-130).
    package let isActive: Bool
    package let environments: [EnvironmentRecord]
}

/// An environment of a project.
package struct EnvironmentRecord: Sendable, Hashable {
    package let id: String
    package let name: String
    package let createdAt: String
    /// Whether it lets somebody in, if its project does.
    package let isActive: Bool
}

/// The environments that a project gets where none are named.
package let standardEnvironments = ["PRODUCTION", "STAGING", "DEVELOPMENT"]

/// Names of projects, environments and keys: what people read on one line.
package enum DisplayName {
    /// 1 to 100 bytes, none of them a control character, no space at an end.
    package static func isValid(_ name: String) -> Bool {
        (1...100).contains(name.utf8.count) && name.first != " " && name.last != " "
            && name.unicodeScalars.allSatisfy {
                switch $0.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
                default: true
                }
            }
    }
}

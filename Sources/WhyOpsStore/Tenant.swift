/// Whom a request acts for; decided by its API key alone (ING-3).
package struct Tenant: Sendable, Hashable {
    package let projectID: String
    package let environmentID: String
    package let environmentName: String
    package let keyID: String

    package init(projectID: String, environmentID: String, environmentName: String, keyID: String) {
        self.projectID = projectID
        self.environmentID = environmentID
        self.environmentName = environmentName
        self.keyID = keyID
    }
}

/// An environment as people name it.
package struct EnvironmentName: Sendable, Hashable {
    package let project: String
    package let environment: String

    package init(project: String, environment: String) {
        self.project = project
        self.environment = environment
    }

    /// The environment that the operator's variables are for: `WHYOPS_API_KEY` lets into it.
    package static let home = EnvironmentName(project: "default", environment: "PRODUCTION")
}

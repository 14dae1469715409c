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

import ArgumentParser
import WhyOpsCommand
import WhyOpsStore

/// Which environment a command is about.
struct EnvironmentOptions: ParsableArguments {
    @Option(help: "The project.")
    var project = EnvironmentName.home.project

    @Option(help: "The environment of the project.")
    var environment = EnvironmentName.home.environment

    var name: EnvironmentName { EnvironmentName(project: project, environment: environment) }

    /// The environment as a client of it has it; without a key.
    func tenant(in store: DatabaseStore) async throws -> Tenant {
        guard let project = try await store.projects().first(where: { $0.name == project }),
            let found = project.environments.first(where: { $0.name == environment })
        else {
            throw Settings.Fault(description: "There is no environment '\(environment)' of '\(self.project)'.")
        }
        return Tenant(projectID: project.id, environmentID: found.id, environmentName: found.name, keyID: "")
    }
}

/// A name that is to be stored.
func checkedName(_ name: String, _ what: String) throws -> String {
    guard DisplayName.isValid(name) else {
        throw Settings.Fault(
            description: "\(what) must have 1 to 100 bytes, no control or invisible characters and no space at an end."
        )
    }
    return name
}

import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops projects`
struct ProjectsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "projects",
        abstract: "Projects and their environments: what keys, providers, agents and traces belong to.",
        discussion: """
            Whatever is in one environment cannot be seen or reached from another. WHYOPS_API_KEY and the variables of the \
            vendors belong to the environment PRODUCTION of the project 'default'.

            Examples:
              whyops projects list
              whyops projects create shop
              whyops projects create shop --environments PRODUCTION,TEST
              whyops projects add-environment shop STAGING
            """,
        subcommands: [List.self, Create.self, AddEnvironment.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the projects with their environments.",
            discussion: """
                Example:
                  whyops projects list --json
                """
        )
        @OptionGroup var common: CommonOptions
        @Flag(help: "Print one JSON array.") var json = false

        func run() async throws {
            let projects = try await withStore(common) { store, _ in try await store.projects() }
            if json { return Terminal.out(Self.array(projects)) }
            for project in projects {
                Terminal.out("\(project.name)  \(project.environments.map(\.name).joined(separator: ", "))")
            }
        }

        private static func array(_ projects: [ProjectRecord]) -> String {
            var writer = JSONWriter()
            writer.array { writer in
                for project in projects {
                    writer.object { writer in
                        writer.member("id", project.id)
                        writer.member("name", project.name)
                        writer.member("createdAt", project.createdAt)
                        writer.name("environments")
                        writer.array { writer in
                            for environment in project.environments {
                                writer.object {
                                    $0.member("id", environment.id)
                                    $0.member("name", environment.name)
                                    $0.member("createdAt", environment.createdAt)
                                }
                            }
                        }
                    }
                }
            }
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a project with its environments.",
            discussion: """
                Examples:
                  whyops projects create shop
                  whyops projects create shop --environments PRODUCTION,TEST
                """
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The name of the project.") var name: String
        @Option(help: "Its environments, separated by commas.")
        var environments = standardEnvironments.joined(separator: ",")

        func run() async throws {
            let name = try checkedName(name, "The name of a project")
            let environments = try environments.split(separator: ",", omittingEmptySubsequences: false).map {
                try checkedName(String($0), "The name of an environment")
            }
            try await withStore(common) { store, _ in
                try await store.createProject(name, environments: environments)
            }
            Terminal.out("The project '\(name)' was made with \(environments.joined(separator: ", ")).")
        }
    }

    struct AddEnvironment: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make another environment in a project.",
            discussion: """
                Example:
                  whyops projects add-environment shop STAGING
                """
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The project.") var project: String
        @Argument(help: "The name of the environment.") var name: String

        func run() async throws {
            let name = EnvironmentName(
                project: project,
                environment: try checkedName(name, "The name of an environment")
            )
            try await withStore(common) { store, _ in try await store.createEnvironment(name) }
            Terminal.out("The environment '\(name.environment)' was made in '\(name.project)'.")
        }
    }
}

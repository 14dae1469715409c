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
              whyops projects deactivate shop --environment STAGING
              whyops projects activate shop --environment STAGING
              whyops projects signature set --signature off --project shop --environment STAGING
              whyops projects retention shop --age 30d --size 10GB
            """,
        subcommands: [
            List.self, Create.self, AddEnvironment.self, Activate.self, Deactivate.self, ProjectSignatureCommand.self,
            ProjectRetentionCommand.self,
        ],
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
            if json { return Terminal.out(objects: projects) { Self.write($0, to: &$1) } }
            for project in projects {
                let environments = project.environments.map { Self.marked($0.name, $0.isActive) }
                Terminal.out(
                    "\(Self.marked(project.name, project.isActive))  \(environments.joined(separator: ", "))"
                )
            }
        }

        private static func marked(_ name: String, _ isActive: Bool) -> String {
            isActive ? name : "\(name) (not active)"
        }

        private static func write(_ project: ProjectRecord, to writer: inout JSONWriter) {
            writer.member("id", project.id)
            writer.member("name", project.name)
            writer.member("createdAt", project.createdAt)
            writer.member("active", project.isActive)
            writer.name("environments")
            writer.array { writer in
                for environment in project.environments {
                    writer.object {
                        $0.member("id", environment.id)
                        $0.member("name", environment.name)
                        $0.member("createdAt", environment.createdAt)
                        $0.member("active", environment.isActive)
                    }
                }
            }
        }
    }

    struct Deactivate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let nobody in to a project or an environment; nothing is deleted.",
            discussion: """
                Every running service refuses its keys with 401 within 5 seconds.

                Examples:
                  whyops projects deactivate shop
                  whyops projects deactivate shop --environment STAGING
                """
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The project.") var project: String
        @Option(help: "One environment of it. [default: all]") var environment: String?

        func run() async throws {
            try await withStore(common) { store, _ in
                try await store.setActive(false, project: project, environment: environment)
            }
            Terminal.out("\(ProjectsCommand.named(project, environment)) was deactivated.")
        }
    }

    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the keys of a project or an environment in again.",
            discussion: """
                An environment lets in when its project does too. Keys that have ended stay so.

                Examples:
                  whyops projects activate shop
                  whyops projects activate shop --environment STAGING
                """
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The project.") var project: String
        @Option(help: "One environment of it. [default: the project itself]") var environment: String?

        func run() async throws {
            try await withStore(common) { store, _ in
                try await store.setActive(true, project: project, environment: environment)
            }
            Terminal.out("\(ProjectsCommand.named(project, environment)) was activated.")
        }
    }

    fileprivate static func named(_ project: String, _ environment: String?) -> String {
        environment.map { "The environment '\($0)' of '\(project)'" } ?? "The project '\(project)'"
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

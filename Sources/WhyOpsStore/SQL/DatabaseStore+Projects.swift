import FoundationEssentials

extension DatabaseStore {
    /// The id of the environment that the operator's variables are for; it is created where it is missing.
    package func homeEnvironment() async throws -> String {
        try await write { try TenantRows.environment(.home, $0).id }
    }

    /// Every project with its environments, in the order in which they were made.
    package func projects() async throws -> [ProjectRecord] {
        try await read { database in
            let environments = try Row.fetchAll(
                database,
                sql: """
                    SELECT project_id, id, name, created_at, deactivated_at IS NULL AS is_active FROM environments
                    ORDER BY created_at, rowid
                    """
            )
            let byProject = Dictionary(grouping: environments) { row -> String in row["project_id"] }
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT id, name, created_at, deactivated_at IS NULL AS is_active FROM projects
                    ORDER BY created_at, rowid
                    """
            ).map { row in
                let id: String = row["id"]
                return ProjectRecord(
                    id: id,
                    name: row["name"],
                    createdAt: row["created_at"],
                    isActive: row["is_active"],
                    environments: (byProject[id] ?? []).map {
                        EnvironmentRecord(
                            id: $0["id"],
                            name: $0["name"],
                            createdAt: $0["created_at"],
                            isActive: $0["is_active"]
                        )
                    }
                )
            }
        }
    }

    /// Makes a project with its environments.
    package func createProject(_ name: String, environments: [String] = standardEnvironments) async throws {
        try await write { database in
            let exists = try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM projects WHERE name = ?)",
                arguments: [name]
            )
            if exists == true { throw StoreError(.nameTaken, "There is a project '\(name)' already.") }
            for environment in environments {
                _ = try TenantRows.environment(EnvironmentName(project: name, environment: environment), database)
            }
        }
    }

    /// Makes an environment in a project that exists.
    package func createEnvironment(_ name: EnvironmentName) async throws {
        try await write { database in
            let project = try String.fetchOne(
                database,
                sql: "SELECT id FROM projects WHERE name = ?",
                arguments: [name.project]
            )
            guard let project else {
                throw StoreError(.unknownEnvironment, "There is no project '\(name.project)'.")
            }
            let exists = try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM environments WHERE project_id = ? AND name = ?)",
                arguments: [project, name.environment]
            )
            if exists == true {
                throw StoreError(
                    .nameTaken,
                    "The project '\(name.project)' has an environment '\(name.environment)' already."
                )
            }
            _ = try TenantRows.environment(name, database)
        }
    }

    /// Lets nobody in to a project, or to one environment of it, any more, or lets them in again (PRX-130).
    package func setActive(_ isActive: Bool, project: String, environment: String?) async throws {
        // The first moment stays where it is done twice.
        let moment = "CASE WHEN ?1 THEN NULL ELSE COALESCE(deactivated_at, ?2) END"
        let now = Date().timeIntervalSince1970
        try await write { database in
            if let environment {
                let id = try database.environmentID(EnvironmentName(project: project, environment: environment))
                return try database.execute(
                    sql: "UPDATE environments SET deactivated_at = \(moment) WHERE id = ?3",
                    arguments: [isActive, now, id]
                )
            }
            try database.execute(
                sql: "UPDATE projects SET deactivated_at = \(moment) WHERE name = ?3",
                arguments: [isActive, now, project]
            )
            if database.changesCount == 0 {
                throw StoreError(.unknownEnvironment, "There is no project '\(project)'.")
            }
        }
    }

    /// The same for what goes by nothing that it looks up.
    func writeAnyTime<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.append(body)
        } catch let error as DatabaseError {
            throw StoreError(writing: error, "The database cannot be written now.")
        }
    }

    /// Writes in one transaction; what goes wrong is the database's fault.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await commit(body)
        } catch let error as DatabaseError {
            throw StoreError(writing: error, "The database cannot be written now.")
        }
    }
}

extension Database {
    /// The name of an environment that exists.
    func environmentName(_ id: String) throws -> EnvironmentName {
        let row = try Row.fetchOne(
            self,
            sql: "SELECT p.name, e.name FROM environments e JOIN projects p ON p.id = e.project_id WHERE e.id = ?",
            arguments: [id]
        )
        guard let row else { throw StoreError(.unknownEnvironment, "There is no environment with the id '\(id)'.") }
        return EnvironmentName(project: row[0], environment: row[1])
    }

    /// The id of an environment that exists.
    func environmentID(_ name: EnvironmentName) throws -> String {
        let id = try String.fetchOne(
            self,
            sql: """
                SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id
                WHERE p.name = ? AND e.name = ?
                """,
            arguments: [name.project, name.environment]
        )
        guard let id else {
            throw StoreError(
                .unknownEnvironment,
                name == .home
                    ? "The store has no environment yet; start the service once, or make a project."
                    : "There is no environment '\(name.environment)' in a project '\(name.project)'; "
                        + "'whyops projects list' lists them."
            )
        }
        return id
    }
}

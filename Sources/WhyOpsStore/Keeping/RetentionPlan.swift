/// Which projects have limits, and what belongs to them.
struct RetentionPlan: Sendable {
    struct Environment: Sendable {
        let id: String
        let number: Int
    }

    struct Project: Sendable {
        let limits: RetentionLimits
        let environments: [Environment]
    }

    /// Those that have any.
    let projects: [Project]

    init(_ standard: RetentionLimits, _ database: Database) throws {
        let environments = try Row.fetchAll(
            database,
            sql: "SELECT project_id, id, number FROM environments WHERE number IS NOT NULL ORDER BY number"
        )
        let byProject = Dictionary(grouping: environments) { row -> String in row[0] }
        let rows = try Row.fetchAll(database, sql: "SELECT id, keep_seconds, keep_bytes FROM projects")
        projects = rows.compactMap { row in
            let limits = ProjectRetention(age: row[1], bytes: row[2]).limits(else: standard)
            if limits == RetentionLimits() { return nil }
            let id: String = row[0]
            return Project(
                limits: limits,
                environments: (byProject[id] ?? []).map { Environment(id: $0[1], number: $0[2]) }
            )
        }
    }
}

extension ProjectRetention {
    /// From columns: `NULL` is what the services say, 0 is everything.
    init(age: Double?, bytes: Int?) {
        self.init(
            age: age.map { $0 == 0 ? .unlimited : .limit($0) } ?? .standard,
            bytes: bytes.map { $0 == 0 ? .unlimited : .limit($0) } ?? .standard
        )
    }

    var columns: (age: Double?, bytes: Int?) {
        let age: Double? =
            switch age {
            case .standard: nil
            case .unlimited: 0
            case .limit(let seconds): seconds
            }
        let bytes: Int? =
            switch bytes {
            case .standard: nil
            case .unlimited: 0
            case .limit(let count): count
            }
        return (age, bytes)
    }
}

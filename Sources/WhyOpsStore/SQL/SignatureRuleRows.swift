import WhyOps

/// The signature rules of environments and agents in the database; the environment's own has no agent's name.
enum SignatureRuleRows {
    static let schema = """
        CREATE TABLE signature_rules (
            environment_id TEXT NOT NULL REFERENCES environments(id),
            -- '' for the environment itself.
            agent_name TEXT NOT NULL,
            signature TEXT,
            policy TEXT,
            updated_at TEXT NOT NULL,
            PRIMARY KEY (environment_id, agent_name)
        ) STRICT, WITHOUT ROWID;
        """

    /// The rules of an environment, its own first, then by the agents' names.
    ///
    /// A value of a later version is none that this one can follow.
    static func records(environmentID: String, _ database: Database) throws -> [SignatureRuleRecord] {
        let statement = try database.cachedStatement(
            sql:
                "SELECT agent_name, signature, policy FROM signature_rules WHERE environment_id = ? ORDER BY agent_name"
        )
        return try Row.fetchAll(statement, arguments: [environmentID]).map { row in
            let name: String = row[0]
            return SignatureRuleRecord(
                agentName: name.isEmpty ? nil : name,
                rule: SignatureRule(
                    signature: (row[1] as String?).flatMap { SignatureChoice(rawValue: $0) },
                    policy: (row[2] as String?).flatMap { SignaturePolicy(rawValue: $0) }
                )
            )
        }
    }

    /// The same for those who sign.
    static func rules(environmentID: String, _ database: Database) throws -> SignatureRules {
        var rules = SignatureRules()
        for record in try records(environmentID: environmentID, database) {
            if let name = record.agentName { rules.agents[name] = record.rule } else { rules.environment = record.rule }
        }
        return rules
    }
}

extension DatabaseStore {
    /// The signature rules of an environment, its own first.
    package func signatureRules(in environment: EnvironmentName) async throws -> [SignatureRuleRecord] {
        try await read { try SignatureRuleRows.records(environmentID: try $0.environmentID(environment), $0) }
    }

    /// Sets what a rule names and leaves the rest of it as it is.
    ///
    /// - Parameter agent: `nil` for the environment itself. The agent need not be known yet.
    package func setSignatureRule(
        _ rule: SignatureRule,
        agent: String?,
        in environment: EnvironmentName
    ) async throws {
        try await write { database in
            try database.execute(
                sql: """
                    INSERT INTO signature_rules (environment_id, agent_name, signature, policy, updated_at)
                    VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (environment_id, agent_name) DO UPDATE SET
                        signature = coalesce(excluded.signature, signature_rules.signature),
                        policy = coalesce(excluded.policy, signature_rules.policy),
                        updated_at = excluded.updated_at
                    """,
                arguments: [
                    try database.environmentID(environment), agent ?? "", rule.signature?.rawValue,
                    rule.policy?.rawValue, Identifiers.now(),
                ]
            )
        }
    }

    /// Forgets a rule; says whether there was one.
    package func removeSignatureRule(agent: String?, in environment: EnvironmentName) async throws -> Bool {
        try await write { database in
            try database.execute(
                sql: "DELETE FROM signature_rules WHERE environment_id = ? AND agent_name = ?",
                arguments: [try database.environmentID(environment), agent ?? ""]
            )
            return database.changesCount > 0
        }
    }
}

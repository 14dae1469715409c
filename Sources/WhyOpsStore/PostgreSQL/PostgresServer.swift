import CPQ

/// A server, or several of which one writes, as an address says.
struct PostgresServer: Sendable {
    /// `postgres://user@host:port,host:port/database?…`, as libpq knows it.
    let url: String
    var limits = PostgresLimits()
    /// Shared by all connections of a node.
    let lineage = PostgresLineage()

    /// Whether there is more than one server that may be the one that writes.
    var hasSeveralPlaces: Bool { (PostgresAddress(url)?.places.count ?? 1) > 1 }

    /// Connects, and makes sure that a commit is one.
    ///
    /// - Throws: `DatabaseError` of the kind `lost` where no server can be reached that writes, which may change.
    func connect() throws -> PostgresConnection {
        // What libpq says of an address that cannot be read repeats parts of it, and one of them may be the password (STO-8).
        guard let address = PostgresAddress(url) else {
            throw DatabaseError(kind: .other, code: "", message: PostgresAddress.unreadable)
        }
        var parameters: [(name: String, value: String)] = [
            // What stands in the address wins over these.
            ("connect_timeout", "3"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "10"),
            ("keepalives_interval", "5"), ("keepalives_count", "3"), ("fallback_application_name", "whyops"),
            ("target_session_attrs", "read-write"), ("dbname", url),
            // And these over what stands there.
            ("client_encoding", "UTF8"),
        ]
        if let limit = address.connectLimit { parameters.append(("connect_timeout", limit)) }
        let connection = try newest(of: address.places, parameters)
        let database = Database(connection: connection)
        // An acknowledged event is one that is in the log of the server (EVT-17); which standbys have it, too, is the
        // operator's choice, which only 'off' gives up altogether.
        let encoding = try Row.fetchOne(
            database,
            sql: """
                SELECT current_setting('server_encoding'), set_config('lock_timeout', '10s', false),
                -- The wait for a standby is not to be broken off as if the commit had succeeded.
                set_config('statement_timeout', '0', false),
                -- A node that dies or stands still must not keep its locks from the others.
                set_config('idle_in_transaction_session_timeout', '15s', false),
                set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
                set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '10000', false),
                -- That a commit did not wait for its standbys is told in a warning, which must come through.
                set_config('client_min_messages', 'warning', false),
                -- What a node has given up is not gone on with; servers before 14 do not know it.
                (SELECT set_config(name, '2s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'),
                -- How blobs are read back.
                set_config('bytea_output', 'hex', false),
                set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
                """
        )
        guard let encoding: String = encoding?[0], encoding == "UTF8" else {
            throw StoreError(.unavailable, "The database keeps no UTF-8: make one with ENCODING 'UTF8'.")
        }
        return connection
    }

    /// Of the servers that take themselves for the one that writes, the one that took over last: the first one that libpq
    /// finds may be one that was cut off, and is back (STO-60).
    private func newest(
        of places: [PostgresPlace],
        _ parameters: [(name: String, value: String)]
    ) throws -> PostgresConnection {
        var found: PostgresConnection?
        var failure: DatabaseError?
        for place in places {
            do {
                let connection = try PostgresConnection(parameters + place.parameters)
                connection.allow(silence: limits.beginning, altogether: limits.beginning)
                connection.timeline = try PostgresTimeline.ask(Database(connection: connection))
                // Another database altogether takes over from nobody: the first one that answers is meant, as libpq has it.
                if let one = found?.timeline, let other = connection.timeline, one.system != other.system { continue }
                guard lineage.admits(connection.timeline) else {
                    throw DatabaseError(kind: .lost, code: "", message: "another server has taken over from this one")
                }
                // What was found before stays behind where this one has taken over from it.
                if found.map({ lineage.isCurrent($0.timeline) }) != true { found = connection }
            } catch let error as DatabaseError where error.kind == .lost {
                failure = failure ?? error
            }
        }
        guard let found else { throw failure ?? DatabaseError(kind: .lost, code: "", message: "no server answers") }
        found.allow(silence: limits.beginning, altogether: limits.beginning)
        return found
    }
}

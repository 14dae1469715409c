import FoundationEssentials
package import WhyOpsStore

/// What `whyops store` does, with a store that is not opened as a service opens it: nothing brings it up to date.
extension ServiceSetup {
    /// Copies the store into a file.
    package func backUp(
        to file: String,
        isForced: Bool,
        onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) async throws -> StoreReport {
        guard case .sqlite(let path) = store else {
            throw Settings.Fault(
                description: """
                    The store is on a PostgreSQL server, which copies it with its own tools. Of the whole store at one moment, \
                    while services write: pg_dump --format=custom --file='\(file)' '\(store.name)' . To come back to any \
                    moment, archive its log (pg_basebackup and archive_mode; 'point-in-time recovery' in its manual).
                    """
            )
        }
        if let missingStore { throw missingStore }
        restrictNewFiles()
        return try await saying {
            try await SQLiteCopies.backUp(path, to: file, isForced: isForced, onProgress: onProgress)
        }
    }

    /// Puts a copy in the store's place.
    package func restore(
        _ file: String,
        isForced: Bool,
        onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) async throws -> StoreReport {
        guard case .sqlite(let path) = store else {
            throw Settings.Fault(
                description: """
                    The store is on a PostgreSQL server, which is restored with its own tools. Stop the services, then: \
                    pg_restore --clean --if-exists --single-transaction --dbname='\(store.name)' '\(file)' , and after it \
                    'whyops store check'.
                    """
            )
        }
        restrictNewFiles()
        return try await saying {
            try await SQLiteCopies.restore(file, to: path, isForced: isForced, onProgress: onProgress)
        }
    }

    /// Looks the store over and changes nothing in it.
    package func check(onProgress: @escaping @Sendable (StoreProgress) -> Void) async throws -> StoreReport {
        try await saying {
            switch store {
            case .sqlite(let path):
                if let missingStore { throw missingStore }
                return try await StoreInspection.check(path: path, onProgress: onProgress)
            case .postgres(let url):
                return try await StoreInspection.check(postgres: url, onProgress: onProgress)
            }
        }
    }

    /// What keeps a command from its work is misuse as far as exit codes go: 1 says that there are findings (STO-42).
    private func saying<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as StoreError {
            throw Settings.Fault(description: error.message)
        }
    }
}

private func fileExists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

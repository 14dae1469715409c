import WhyOpsStore

/// Where a store is.
enum StorePlace {
    case sqlite(path: String)
    /// An address as libpq takes it, which may hold a password.
    case postgres(url: String)

    init(_ text: String) throws {
        if text.hasPrefix("sqlite:"), text.utf8.count > 7 {
            self = .sqlite(path: String(text.dropFirst(7)))
        } else if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
            self = .postgres(url: text)
        } else {
            // Who writes an address wrongly may have written a password in it.
            let shown = text.contains("@") || text.contains("=") ? "" : ", but is '\(text)'"
            throw Settings.Fault(
                description: "--store must be 'sqlite:PATH' or 'postgres://USER@HOST/DATABASE'\(shown)."
            )
        }
    }

    /// For people and logs: without user and password.
    var name: String {
        switch self {
        case .sqlite(let path): path
        case .postgres(let url): DatabaseStore.nameOfPostgres(url)
        }
    }

    var holdsPassword: Bool {
        switch self {
        case .sqlite: false
        case .postgres(let url): DatabaseStore.postgresHoldsPassword(url)
        }
    }

    /// What the names of files begin with that a node has beside the store.
    var filePrefix: String {
        switch self {
        case .sqlite(let path): path
        case .postgres: "whyops"
        }
    }
}

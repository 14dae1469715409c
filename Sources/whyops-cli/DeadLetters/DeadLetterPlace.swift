import ArgumentParser
import NIOHTTP1
import WhyOps
import WhyOpsCommand
import WhyOpsIngest
import WhyOpsStore

/// Where dead letters are.
///
/// Every answer is the JSON that the service's route has for it, so that both places look alike.
protocol DeadLetterPlace {
    func list(count: Int, page: Int, withEvents: Bool) async throws -> [UInt8]
    func show(_ id: String) async throws -> [UInt8]
    func replay(_ ids: [String]?) async throws -> [UInt8]
    func purge(_ ids: [String]?) async throws -> [UInt8]
}

struct DeadLetterOptions: ParsableArguments {
    @Option(help: "The address of an ingest service, such as http://127.0.0.1:8081.")
    var url: String?

    @Option(help: "A file with the API key for --url. [default: the variable WHYOPS_API_KEY]")
    var keyFile: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions

    /// Does something where the dead letters are.
    func with<Value>(_ body: (any DeadLetterPlace) async throws -> Value) async throws -> Value {
        if let url {
            let key = try RemoteService.key(file: keyFile, try Settings(file: common.config))
            return try await body(RemoteDeadLetters(service: try RemoteService(address: url, key: key)))
        }
        guard keyFile == nil else { throw Settings.Fault(description: "--key-file is for --url.") }
        return try await withStore(common) { store, _ in
            try await body(StoredDeadLetters(store: store, tenant: try await environment.tenant(in: store)))
        }
    }
}

/// Those of a store that is opened here.
struct StoredDeadLetters: DeadLetterPlace {
    let store: DatabaseStore
    let tenant: Tenant

    func list(count: Int, page: Int, withEvents: Bool) async throws -> [UInt8] {
        let request = PageRequest(limit: count, offset: (page - 1) * count, parts: withEvents ? .content : [])
        let letters = try await store.deadLetters(page: request, tenant: tenant)
        return Self.object { writer in
            writer.name("deadLetters")
            writer.array { writer in
                for letter in letters.items { DeadLetterJSON.write(letter, withEvent: withEvents, to: &writer) }
            }
            writer.name("pagination")
            writer.object { writer in
                writer.member("total", letters.total)
                writer.member("count", count)
                writer.member("page", page)
                writer.member("totalPages", (letters.total + count - 1) / count)
                writer.member("hasMore", letters.total > count * page)
            }
        }
    }

    func show(_ id: String) async throws -> [UInt8] {
        guard let letter = try await store.deadLetter(id: id, tenant: tenant) else {
            throw CommandFailure("There is no dead letter '\(id)' in this environment.")
        }
        return Self.object { writer in
            writer.name("deadLetter")
            DeadLetterJSON.write(letter, withEvent: true, to: &writer)
        }
    }

    func replay(_ ids: [String]?) async throws -> [UInt8] {
        let outcome = try await DeadLetterReplay(store: store).run(ids, tenant)
        return Self.object { outcome.write(to: &$0) }
    }

    func purge(_ ids: [String]?) async throws -> [UInt8] {
        let count = try await store.deleteDeadLetters(ids, tenant: tenant)
        return Self.object { $0.member("purged", count) }
    }

    private static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("success", true)
            members(&writer)
        }
        return writer.bytes
    }
}

/// Those of a service behind an address.
struct RemoteDeadLetters: DeadLetterPlace {
    /// A page of letters with their events may be as large as all that an environment may have.
    private static let limit = 160 << 20

    let service: RemoteService

    func list(count: Int, page: Int, withEvents: Bool) async throws -> [UInt8] {
        try await ask(.GET, "?count=\(count)&page=\(page)" + (withEvents ? "&include=event" : ""))
    }

    func show(_ id: String) async throws -> [UInt8] {
        try await ask(.GET, "/\(RemoteService.encoded(id))", missing: id)
    }

    func replay(_ ids: [String]?) async throws -> [UInt8] { try await ask(.POST, "/replay", ids) }

    func purge(_ ids: [String]?) async throws -> [UInt8] { try await ask(.POST, "/purge", ids) }

    private func ask(_ method: HTTPMethod, _ path: String, _ ids: [String]?) async throws -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            guard let ids else { return writer.member("all", true) }
            writer.name("ids")
            writer.array { writer in
                for id in ids { writer.string(id) }
            }
        }
        return try await ask(method, path, body: writer.bytes)
    }

    private func ask(
        _ method: HTTPMethod,
        _ path: String,
        body: [UInt8]? = nil,
        missing: String? = nil
    ) async throws -> [UInt8] {
        let (status, answer) = try await service.ask(method, "/api/dlq" + path, body: body, limit: Self.limit)
        if status == 200 { return answer }
        if status == 404, let missing {
            throw CommandFailure("There is no dead letter '\(missing)' for this key.")
        }
        throw Settings.Fault(description: "\(service.address) answered with status \(status).")
    }
}

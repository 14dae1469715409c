import ArgumentParser
import NIOHTTP1
import WhyOps
import WhyOpsCommand
import WhyOpsIngest
import WhyOpsStore
import WhyOpsValidation

/// What answers the routes of ingest: a service behind an address, or the routes themselves over a store that is opened here.
///
/// Commands ask both in the same words, so that they say the same of both.
protocol IngestPlace: Sendable {
    /// What it is called in messages.
    var name: String { get }

    /// The status and the body of an answer.
    ///
    /// - Parameters:
    ///   - path: with its query, every part encoded.
    ///   - limit: of the answer, in bytes.
    func ask(_ method: HTTPMethod, _ path: String, body: [UInt8]?, limit: Int) async throws -> (
        status: Int, body: [UInt8]
    )

    /// Hands on an answer as it comes, until it ends or the body throws.
    func listen(
        _ path: String,
        lastEventID: String?,
        _ body: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws
}

extension IngestPlace {
    /// Of answers that hold at most a page of something.
    private static var limit: Int { 160 << 20 }

    /// What is at a path.
    ///
    /// - Parameter missing: what to say where there is no such thing.
    func get(_ path: String, missing: String? = nil) async throws -> JSONValue {
        let (status, bytes) = try await ask(.GET, path, body: nil, limit: Self.limit)
        return try checked(status, bytes, missing: missing)
    }

    /// What comes of sending a JSON text to a path.
    func post(_ path: String, _ body: [UInt8]) async throws -> JSONValue {
        let (status, bytes) = try await ask(.POST, path, body: body, limit: Self.limit)
        return try checked(status, bytes)
    }

    /// The JSON of an answer that says that it went well; else the service's own words are thrown.
    func checked(_ status: Int, _ bytes: [UInt8], missing: String? = nil) throws -> JSONValue {
        let root = try? JSONDocument(bytes).root
        if (200..<300).contains(status), let root { return root }
        if status == 404, let missing { throw CommandFailure(missing) }
        let said = root?["message"]?.string ?? root?["error"]?.string
        throw CommandFailure("Status \(status) came from \(name)\(said.map { ": " + plain($0) } ?? ".")")
    }
}

/// An answer that has more bytes than it may have.
struct AnswerTooLong: Error {}

/// A stream that was refused.
struct StreamRefusal: Error {
    let status: Int
}

/// Where the service is that a command asks.
struct PlaceOptions: ParsableArguments {
    @Option(help: "The address of an ingest service, such as http://127.0.0.1:8081.")
    var url: String?

    @Option(help: "A file with the API key for --url. [default: the variable WHYOPS_API_KEY]", completion: .file())
    var keyFile: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions

    /// Does something with the service, or with the store that is named otherwise.
    func with<Value>(_ body: (any IngestPlace) async throws -> Value) async throws -> Value {
        if let url {
            let key = try RemoteService.key(file: keyFile, try Settings(file: common.config))
            return try await body(try RemoteService(address: url, key: key))
        }
        guard keyFile == nil else { throw Settings.Fault(description: "--key-file is for --url.") }
        return try await withStore(common) { store, setup in
            let tenant = try await environment.tenant(in: store)
            var configuration = IngestConfiguration(prices: try setup.prices(flag: nil), logger: setup.logger)
            // What this process reads for itself needs no limits against others.
            configuration.maximumReplyBytes = .max
            configuration.maximumBodyBytes = PayloadSplitter.maximumValueBytes + (1 << 20)
            configuration.maximumHeldBytes = .max
            return try await body(
                LocalService(
                    name: "the environment '\(environment.name.text)'",
                    routes: LocalIngest(store: store, tenant: tenant, configuration: configuration)
                )
            )
        }
    }
}

import FoundationEssentials
package import Logging
import NIOCore
package import NIOSSL
import Synchronization

/// The certificate and key of the listener, read again when their files change (PRX-97, PRX-98).
package final class ListenerSecurity: Sendable {
    /// What cannot be used, for a person.
    package struct Fault: Error {
        package let message: String
        /// Whether a file is missing, rather than bad.
        fileprivate let isUnreadable: Bool
    }

    private struct Pair: Hashable {
        let certificate: [UInt8]
        let key: [UInt8]
    }

    private struct State {
        var context: NIOSSLContext
        /// What was read last, whether it could be used or not.
        var seen: Pair?
    }

    private let certificatePath: String
    private let keyPath: String
    private let logger: Logger
    private let state: Mutex<State>

    /// How often the files are looked at.
    private static let interval = Duration.seconds(5)

    /// Reads both files, in PEM form: the certificate first and then those that lead to its authority, and the key.
    package init(certificate: String, key: String, logger: Logger) throws(Fault) {
        certificatePath = certificate
        keyPath = key
        self.logger = logger
        let pair = try Self.read(certificate, key)
        state = Mutex(State(context: try Self.context(pair, certificate, key), seen: pair))
    }

    /// What connections from now on get.
    package var context: NIOSSLContext { state.withLock { $0.context } }

    /// Looks at the files until the task is cancelled.
    package func follow() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { reload(isAsked: false) }
    }

    /// Reads the files again. Connections that are open stay as they are; files that cannot be used change nothing.
    ///
    /// - Parameter isAsked: whether the operator asked for it, who is then told what became of it in any case.
    package func reload(isAsked: Bool) {
        do throws(Fault) {
            let pair = try Self.read(certificatePath, keyPath)
            let isNew = state.withLock { state in
                defer { state.seen = pair }
                return state.seen != pair
            }
            guard isNew || isAsked else { return }
            let context = try Self.context(pair, certificatePath, keyPath)
            state.withLock { $0.context = context }
            logger.notice("The TLS certificate was read again", metadata: ["certificate": "\(certificatePath)"])
        } catch {
            let wasReadable = state.withLock { state in
                // A file that is gone is told of once, as one that is bad.
                defer { if error.isUnreadable { state.seen = nil } }
                return state.seen != nil
            }
            guard isAsked || wasReadable else { return }
            logger.error("The TLS certificate stays as it was", metadata: ["error": "\(error.message)"])
        }
    }

    private static func read(_ certificate: String, _ key: String) throws(Fault) -> Pair {
        guard let first = FileManager.default.contents(atPath: certificate) else {
            throw Fault(unreadable: "The certificate '\(certificate)' cannot be read.")
        }
        guard let second = FileManager.default.contents(atPath: key) else {
            throw Fault(unreadable: "The key '\(key)' cannot be read.")
        }
        return Pair(certificate: Array(first), key: Array(second))
    }

    private static func context(_ pair: Pair, _ certificate: String, _ key: String) throws(Fault) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMBytes(pair.certificate) } catch { chain = [] }
        guard !chain.isEmpty else { throw Fault("The file '\(certificate)' holds no certificate in PEM form.") }
        let own: NIOSSLPrivateKey
        do {
            own = try NIOSSLPrivateKey(bytes: pair.key, format: .pem)
        } catch {
            throw Fault("The file '\(key)' holds no private key in PEM form without a password.")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(own)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // A client that nobody asks anything of may not read our end of the session, and so not answer it (PRX-57).
        configuration.shutdownTimeout = .milliseconds(500)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Fault("The key '\(key)' does not belong to the certificate '\(certificate)'.")
        }
    }
}

extension ListenerSecurity.Fault {
    fileprivate init(_ message: String) {
        self.message = message
        isUnreadable = false
    }

    fileprivate init(unreadable message: String) {
        self.message = message
        isUnreadable = true
    }
}

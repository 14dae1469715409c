import FoundationEssentials
import WhyOpsCommand
import WhyOpsStore

/// Where a credential comes from: never an argument, which others on the machine can read and shells keep.
enum SecretSource {
    /// `env:NAME` stays a reference; `stdin` and `file:PATH` are read now.
    static func credential(_ text: String?) throws -> NewProvider.Credential {
        guard let text else { return .none }
        if text.hasPrefix("env:") {
            let name = String(text.dropFirst(4))
            guard NewProvider.isVariable(name) else {
                throw Settings.Fault(
                    description: "--credential env:NAME must name a variable of letters, digits and '_' that does not "
                        + "begin with WHYOPS_."
                )
            }
            return .variable(name)
        }
        if text == "stdin" { return .secret(try checked(readLine(strippingNewline: true), "standard input")) }
        if text.hasPrefix("file:") {
            let path = String(text.dropFirst(5))
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFailure("The file '\(path)' cannot be read.")
            }
            var line = String(decoding: data, as: UTF8.self)[...]
            while line.last?.isNewline == true { line.removeLast() }
            return .secret(try checked(String(line), "the file '\(path)'"))
        }
        // What was given may be the credential itself, so it is not repeated.
        throw Settings.Fault(
            description:
                "--credential must be stdin, file:PATH or env:NAME. A credential is never an argument: others on "
                + "this machine can read those."
        )
    }

    private static func checked(_ secret: String?, _ place: String) throws -> String {
        guard let secret, (1...4096).contains(secret.utf8.count), secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw CommandFailure("The credential in \(place) must be one line of printable ASCII characters.")
        }
        return secret
    }
}

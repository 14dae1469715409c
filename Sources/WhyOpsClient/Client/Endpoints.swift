import FoundationEssentials

/// The addresses that a client uses.
struct Endpoints: Sendable {
    /// The hosted service's addresses, which other SDKs use, too.
    static let defaultProxy = "https://proxy.whyops.com"
    static let defaultAnalyse = "https://a.whyops.com/api"

    let proxy: String
    let analyse: String
    /// Where an agent is registered that the ingest service did not take. Nothing where one address is of a service of one's
    /// own and the other one is not: a key and a prompt go to no service that they are not meant for.
    let fallbackRegistration: String?
    /// Why nothing can be sent.
    let fault: ClientError?

    init(proxy: String?, analyse: String?, apiKey: Secret) {
        self.proxy = Self.trimmed(proxy?.nonEmpty ?? Self.defaultProxy)
        self.analyse = Self.trimmed(analyse?.nonEmpty ?? Self.defaultAnalyse)
        let hasOwnProxy = self.proxy != Self.defaultProxy
        let hasOwnAnalyse = self.analyse != Self.defaultAnalyse
        fallbackRegistration = hasOwnProxy == hasOwnAnalyse ? self.proxy + "/v1/agents/init" : nil
        fault =
            if !apiKey.isUsable {
                ClientError(.configuration, "the API key must be one word of printable ASCII characters")
            } else if !Self.isUsable(self.proxy) {
                ClientError(.configuration, "proxyBaseURL must be an address such as http://127.0.0.1:8080")
            } else if !Self.isUsable(self.analyse) {
                ClientError(.configuration, "analyseBaseURL must be an address such as http://127.0.0.1:8081/api")
            } else if hasOwnProxy, analyse?.nonEmpty == nil {
                // Its events would go to the hosted service, with a key that is not that one's.
                ClientError(.configuration, "proxyBaseURL is set and analyseBaseURL is not: set both, or neither")
            } else {
                nil
            }
    }

    /// With results for each event from services that know how (ING-22); others take no notice of it.
    var events: String { analyse + "/events/ingest?partial=true" }
    var registration: String { analyse + "/entities/init" }

    private static func trimmed(_ address: String) -> String {
        var rest = address[...]
        while rest.last == "/" { rest.removeLast() }
        return String(rest)
    }

    private static func isUsable(_ address: String) -> Bool {
        guard let parts = URLComponents(string: address) else { return false }
        return (parts.scheme == "http" || parts.scheme == "https") && parts.host?.isEmpty == false
            && parts.query == nil && parts.fragment == nil && parts.user == nil && parts.password == nil
    }
}

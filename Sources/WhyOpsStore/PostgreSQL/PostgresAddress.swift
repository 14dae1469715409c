import CPQ

/// The parts of an address that are nobody's secret, as libpq reads it (STO-8).
struct PostgresAddress {
    /// What a person is told of an address of which there is no saying what is the password in it.
    static let unreadable =
        "The address of the store cannot be read: it is postgres://USER:PASSWORD@HOST:PORT/DATABASE, in which other characters "
        + "than letters, digits, '-', '.', '_' and '~' of user and password are written as % and two digits."

    /// What may stand in logs: hosts and the database, without user, password and parameters.
    let name: String
    let holdsPassword: Bool
    /// Seconds to connect to a server in, in place of those that are asked for where these are too many or no limit at all.
    let connectLimit: String?
    /// The servers that it names, in its order; a single one stands for what libpq makes of the address.
    let places: [PostgresPlace]

    /// - Returns: `nil` where it cannot be read, or where parts of a password may have come to stand in others.
    init?(_ url: String) {
        guard let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        let hosts = Self.list(values["host"])
        let ports = Self.list(values["port"])
        guard hosts.allSatisfy({ !$0.utf8.contains(UInt8(ascii: "@")) }),
            ports.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        let seconds = values["connect_timeout"].map { Int($0) ?? 0 }
        connectLimit = seconds.flatMap { (1...10).contains($0) ? nil : "10" }
        holdsPassword = values["password"] != nil || values["sslpassword"] != nil
        let places = hosts.indices.map { index in
            let port = ports.count > index ? ports[index] : ports.count == 1 ? ports[0] : ""
            // A folder of a socket is in the way of the database's name.
            let host = hosts[index].utf8.first == UInt8(ascii: "/") ? "" : hosts[index]
            return port.isEmpty || host.isEmpty ? host : "\(host):\(port)"
        }
        self.places = PostgresPlace.list(hosts: hosts, addresses: Self.list(values["hostaddr"]), ports: ports)
        name = "postgres://\(places.joined(separator: ","))/\(values["dbname"] ?? "")"
    }

    private static func list(_ text: String?) -> [String] {
        text?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
    }
}

/// One of several servers of an address.
struct PostgresPlace: Sendable {
    /// What libpq is told in place of the lists of the address.
    let parameters: [(name: String, value: String)]

    fileprivate static func list(hosts: [String], addresses: [String], ports: [String]) -> [Self] {
        let count = max(hosts.count, addresses.count)
        // A place without a name is libpq's to find, which then tries them in its own way.
        let isNamed = !hosts.contains("") && !addresses.contains("")
        guard count > 1, isNamed, [hosts, addresses, ports].allSatisfy({ $0.count <= 1 || $0.count == count }),
            hosts.isEmpty || hosts.count == count, addresses.isEmpty || addresses.count == count
        else { return [Self(parameters: [])] }
        return (0..<count).map { index in
            var parameters: [(name: String, value: String)] = []
            if !hosts.isEmpty { parameters.append(("host", hosts[index])) }
            if !addresses.isEmpty { parameters.append(("hostaddr", addresses[index])) }
            if ports.count == count { parameters.append(("port", ports[index].isEmpty ? "5432" : ports[index])) }
            return Self(parameters: parameters)
        }
    }
}

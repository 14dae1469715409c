import Testing
import WhyOps
import WhyOpsEdge

@testable import WhyOpsProxy

/// PRX-45, PRX-46, PRX-47
struct UpstreamPolicyTests {
    @Test(arguments: [
        ("https://api.groq.com/openai/v1", "api.groq.com", 443), ("https://API.Example.com", "api.example.com", 443),
        ("http://host:8080/", "host", 8080), ("https://[2606:4700::1111]:8443/v1", "2606:4700::1111", 8443),
        ("https://8.8.8.8/v1", "8.8.8.8", 443), ("https://1e100.net", "1e100.net", 443),
    ])
    func anAddressIsTakenApart(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(UpstreamAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(arguments: [
        "", "api.openai.com", "ftp://host", "file:///etc/passwd", "HTTPS://host", "https://", "https:///v1",
        "https://user@host", "https://user:word@host", "https://host?x", "https://host#x", "https://host:0",
        "https://host:65536", "https://host:", "https://host:8a", "https://ho st", "https://host\\@other",
        "https://ho%73t",
        "https://host\u{7F}", "https://höst", "https://host\r\nx", "https://[::1", "https://[localhost]", "https://[]",
        "https://a..b", "https://.host", "https://[fe80::1%25eth0]",
        // Forms that only some readers take for an IPv4 address.
        "https://2130706433", "https://127.1", "https://0x7f.0.0.1", "https://0x7f000001", "https://0177.0.0.1",
        "https://127.0.0.1.", "https://127.0.0.01", "https://256.0.0.1", "https://1.2.3", "https://1.2.3.4.5",
    ])
    func whatReadersTakeForDifferentThingsIsNoAddress(_ text: String) {
        #expect(UpstreamAddress(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1", IPAddress.Kind.loopback), ("127.255.255.254", .loopback), ("::1", .loopback),
        ("::ffff:127.0.0.1", .loopback), ("::ffff:7f00:1", .loopback), ("64:ff9b::7f00:1", .loopback),
        ("10.0.0.1", .private), ("172.16.0.1", .private), ("172.31.255.255", .private), ("192.168.1.1", .private),
        ("100.64.0.1", .private), ("198.18.0.1", .private), ("fc00::1", .private), ("fd12::1", .private),
        ("fec0::1", .private), ("::ffff:10.1.2.3", .private), ("64:ff9b::a00:1", .private), ("2002:a00:1::", .private),
        ("169.254.169.254", .linkLocal), ("169.254.0.1", .linkLocal), ("fe80::1", .linkLocal),
        ("::ffff:169.254.169.254", .linkLocal), ("fd00:ec2::254", .linkLocal), ("100.100.100.200", .linkLocal),
        ("168.63.129.16", .linkLocal), ("192.0.0.192", .linkLocal), ("::ffff:168.63.129.16", .linkLocal),
        ("fd20:ce::254", .linkLocal), ("fd00:c1::a9fe:a9fe", .linkLocal), ("fd00:42::42", .linkLocal),
        ("fd00:ec2::23", .linkLocal), ("fd00:ec3::254", .private), ("fd21:ce::254", .private),
        ("168.63.129.17", .global), ("192.88.99.1", .unusable), ("192.88.98.1", .global), ("3fff::1", .unusable),
        ("3fff:1000::1", .global), ("2001:1ff::1", .unusable), ("2001:200::1", .global),
        ("2002:a9fe:a9fe::", .linkLocal), ("64:ff9b::a9fe:a9fe", .linkLocal),
        ("0.0.0.0", .unusable), ("0.1.2.3", .unusable), ("::", .unusable), ("::7f00:1", .unusable),
        ("224.0.0.1", .unusable), ("255.255.255.255", .unusable), ("240.0.0.1", .unusable), ("192.0.2.1", .unusable),
        ("198.51.100.1", .unusable), ("203.0.113.9", .unusable), ("ff02::1", .unusable), ("2001:db8::1", .unusable),
        ("2001::1", .unusable), ("100::1", .unusable), ("64:ff9b:1::1", .unusable), ("192.0.0.8", .unusable),
        ("8.8.8.8", .global), ("172.15.0.1", .global), ("172.32.0.1", .global), ("100.63.0.1", .global),
        ("100.128.0.1", .global), ("192.169.0.1", .global), ("11.0.0.1", .global), ("2606:4700::1111", .global),
        ("::ffff:8.8.8.8", .global), ("2002:808:808::", .global), ("169.253.0.1", .global),
    ])
    func everyAddressIsOfOneKind(_ text: String, _ kind: IPAddress.Kind) throws {
        #expect(try #require(IPAddress(text)).kind == kind)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.-4", "1..2.3", "a.b.c.d", ":", ":::", "1::2::3",
        "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::g", "1:2:3:4:5:6:7:8::", "fe80::1%eth0", "::1.2.3",
    ])
    func whatIsNoAddress(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    private func fault(_ text: String, allowed: String = "", port: Int = 0) throws -> String? {
        var policy = allowed.isEmpty ? UpstreamPolicy() : try #require(UpstreamPolicy(allowed: allowed))
        policy = policy.listening("127.0.0.1", port)
        return policy.fault(in: try #require(UpstreamAddress(text)))
    }

    @Test func onlyTheOpenInternetByDefault() throws {
        #expect(try fault("https://api.openai.com/v1") == nil)
        #expect(try fault("http://api.openai.com/v1")?.contains("https://") == true)
        for host in [
            "127.0.0.1", "[::1]", "10.0.0.1", "[fd00::1]", "169.254.169.254", "0.0.0.0", "[::ffff:192.168.0.1]",
        ] {
            #expect(try fault("https://\(host)/v1") != nil, "\(host)")
        }
    }

    @Test func whatTheOperatorAllows() throws {
        #expect(try fault("http://127.0.0.1:11434/v1", allowed: "loopback") == nil)
        #expect(try fault("http://localhost:11434/v1", allowed: "loopback") == nil)
        #expect(try fault("http://[::1]:11434/v1", allowed: "loopback:11434") == nil)
        #expect(try fault("http://127.0.0.1:11435/v1", allowed: "loopback:11434") != nil)
        #expect(try fault("http://10.0.0.1/v1", allowed: "loopback, 10.0.0.1") == nil)
        #expect(try fault("http://10.0.0.2/v1", allowed: "10.0.0.1") != nil)
        #expect(try fault("http://models.internal/v1", allowed: "models.internal") == nil)
        #expect(try fault("http://models.internal.evil.example/v1", allowed: "models.internal") != nil)
        // Metadata services are no model servers, whatever is allowed.
        #expect(try fault("http://169.254.169.254/v1", allowed: "169.254.169.254") != nil)
        #expect(UpstreamPolicy(allowed: "http://x") == nil)
        #expect(UpstreamPolicy(allowed: "a,,b") == nil)
    }

    @Test func thisProxyIsNoProvider() throws {
        for host in ["127.0.0.1", "localhost", "[::1]", "127.0.0.2", "api.localhost"] {
            #expect(
                try fault("http://\(host):8080/v1", allowed: "loopback", port: 8080) == "is this proxy itself",
                "\(host)"
            )
            #expect(try fault("http://\(host):8081/v1", allowed: "loopback", port: 8080) == nil, "\(host)")
        }
    }

    /// The rebinding of a name: what counts is the address that was connected to.
    @Test func aConnectionEndsWhereItMay() throws {
        func admits(_ reach: UpstreamReach, _ text: String) throws -> Bool {
            reach.admits(try #require(IPAddress(text)))
        }
        for text in ["127.0.0.1", "10.1.1.1", "::ffff:192.168.1.1", "169.254.169.254", "0.0.0.0"] {
            #expect(try !admits(.internet, text), "\(text)")
        }
        #expect(try admits(.internet, "8.8.8.8"))
        #expect(try admits(.allowed, "10.1.1.1"))
        for text in [
            "169.254.169.254", "168.63.129.16", "192.0.0.192", "fd20:ce::254", "fd00:ec2::254", "0.0.0.0", "::",
            "224.0.0.1",
            "192.0.2.1", "64:ff9b::a83f:8110", "2002:a83f:8110::",
        ] {
            #expect(try !admits(.allowed, text), "\(text)")
        }
        #expect(try admits(.allowed, "8.8.8.8"))
        #expect(try admits(.allowed, "127.0.0.1"))
        #expect(try admits(.anywhere, "169.254.169.254"))
        #expect(!UpstreamReach.internet.admits(nil))
        let name = try #require(UpstreamAddress("https://models.example"))
        #expect(UpstreamPolicy().reach(of: name) == .internet)
        #expect(try #require(UpstreamPolicy(allowed: "models.example")).reach(of: name) == .allowed)
    }
}

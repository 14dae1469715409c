import Testing
import WhyOps
import WhyOpsStore

@testable import WhyOpsProxy

/// Which provider a request goes to (PRX-40 to PRX-43).
struct ProviderRouteTests {
    private func provider(
        _ slug: String,
        _ vendor: Vendor = .openai,
        isDefault: Bool = false,
        isWhyOps: Bool = false,
        credential: ProviderRecord.Credential = .none,
        secret: String? = nil,
        address: String = "https://api.example.com/v1"
    ) -> Provider {
        let record = ProviderRecord(
            slug: slug,
            vendor: vendor,
            baseURL: address,
            credential: credential,
            isWhyOps: isWhyOps,
            isDefault: isDefault,
            createdAt: ""
        )
        let variables = CredentialVariables { $0 == "GIVEN" ? "from-variable" : nil }
        return Provider(
            StoredProvider(record: record, secret: secret),
            policy: UpstreamPolicy(),
            variables: variables
        )
    }

    private static let standard: [Vendor: Provider] = [
        .openai: Provider(vendor: .openai, name: "openai", baseURL: "http://127.0.0.1:1/v1", apiKey: "sk")
    ]

    private func route(
        _ model: String,
        _ stored: [Provider],
        standard: [Vendor: Provider] = [:],
        vendor: Vendor = .openai
    ) throws -> (name: String, cuts: Bool) {
        let body = Array(#"{"model":"\#(model)"}"#.utf8)
        let route = try ProviderSet(stored: stored, standard: standard)
            .route(PassThroughBody(body).modelPrefix, vendor: vendor)
        return (route.provider.name, route.cutsModelPrefix)
    }

    @Test func thePrefixNamesAProvider() throws {
        let stored = [provider("a"), provider("b")]
        #expect(try route("b/m", stored) == ("b", true))
        #expect(try route("b/m/n", stored, standard: Self.standard) == ("b", true))
    }

    @Test func anUnknownPrefixStaysInTheModel() throws {
        let stored = [provider("a", isDefault: true), provider("b")]
        for model in ["meta-llama/llama-3", "A/m", "a", "/a/m", "ab/m"] {
            #expect(try route(model, stored) == ("a", false), "\(model)")
        }
        // Aggregators have models of such names, so what the variables give is named by no prefix.
        #expect(try route("openai/gpt-4o", [], standard: Self.standard) == ("openai", false))
    }

    @Test func theDefaultIsTheChosenOneThenTheVariablesThenTheOnlyOne() throws {
        #expect(try route("m", [provider("a")]) == ("a", false))
        #expect(try route("m", [provider("a")], standard: Self.standard) == ("openai", false))
        #expect(try route("m", [provider("a", isDefault: true)], standard: Self.standard) == ("a", false))
        #expect(try route("m", [provider("a"), provider("c", .anthropic)], vendor: .anthropic) == ("c", false))
        let several = #expect(throws: ProxyError.self) { try route("m", [provider("a"), provider("b")]) }
        #expect(several?.message.contains("a/MODEL, b/MODEL") == true)
        let none = #expect(throws: ProxyError.self) { try route("m", [], vendor: .anthropic) }
        #expect(none?.code == "provider_missing")
        #expect(none?.message.contains("ANTHROPIC_API_KEY") == true)
    }

    @Test func anotherVendorsApiIsRefusedButWhyOpsSpeaksBoth() throws {
        let error = #expect(throws: ProxyError.self) { try route("c/m", [provider("c", .anthropic)]) }
        #expect(error?.code == "provider_mismatch")
        #expect(try route("w/m", [provider("w", .anthropic, isWhyOps: true)]) == ("w", true))
    }

    @Test func whatCannotBeUsedSaysWhy() throws {
        func message(_ provider: Provider) -> String? {
            let error = #expect(throws: ProxyError.self) { try route("p/m", [provider]) }
            #expect(error?.code == "provider_unusable")
            #expect(error?.status == 400)
            return error?.message
        }
        #expect(message(provider("p", credential: .sealed))?.contains("WHYOPS_ENCRYPTION_KEY") == true)
        #expect(message(provider("p", credential: .variable("MISSING")))?.contains("MISSING") == true)
        #expect(message(provider("p", credential: .variable("WHYOPS_API_KEY"))) != nil)
        #expect(message(provider("p", address: "http://10.0.0.1/v1")) != nil)
        #expect(message(provider("p", address: "https://u:p@host/v1"))?.contains("u:p") == false)
    }

    @Test func theCredentialGoesWhereTheVendorWantsIt() {
        func header(_ provider: Provider) -> String? { provider.credentialHeader.map { "\($0.name): \($0.value)" } }
        #expect(header(provider("p")) == nil)
        #expect(header(provider("p", credential: .variable("GIVEN"))) == "authorization: Bearer from-variable")
        #expect(header(provider("p", .anthropic, credential: .sealed, secret: "k")) == "x-api-key: k")
        #expect(
            header(provider("p", .anthropic, isWhyOps: true, credential: .sealed, secret: "k"))
                == "authorization: Bearer k"
        )
    }
}

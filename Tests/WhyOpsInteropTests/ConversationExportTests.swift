import Testing
import WhyOps
import WhyOpsInterop

@Suite struct ConversationExportTests {
    // IOP-50, IOP-51
    @Test(arguments: Golden.names, ConversationExport.Form.allCases)
    func linesAreThoseOfTheFile(_ name: String, _ form: ConversationExport.Form) throws {
        let lines = ConversationExport(try Golden.events(name), form: form).lines.flatMap { $0 }
        let file = try Golden.expected(name, "\(form.rawValue).jsonl", lines)
        #expect(String(decoding: lines, as: UTF8.self) == String(decoding: file, as: UTF8.self))
    }

    // IOP-50
    @Test func whatHasNoPlaceIsCounted() throws {
        let events = try Golden.events("anthropic-thinking")
        #expect(ConversationExport(events, form: .openAI).leftOut == 1)
        #expect(ConversationExport(events, form: .anthropic).leftOut == 0)
    }

    // IOP-51
    @Test func anotherHistoryIsAnotherConversation() throws {
        #expect(ConversationExport(try Golden.events("broken-off"), form: .openAI).lines.count == 2)
        #expect(ConversationExport(try Golden.events("proxied-chat"), form: .openAI).lines.count == 1)
        // The first goes on although only what is new was sent: the provider keeps the rest.
        #expect(ConversationExport(try Golden.events("responses-delta"), form: .openAI).lines.count == 2)
    }

    // IOP-50
    @Test(arguments: Golden.names)
    func rolesTakeTurnsForAnthropic(_ name: String) throws {
        for line in ConversationExport(try Golden.events(name), form: .anthropic).lines {
            let roles = try JSONDocument(line).root["messages"]?.children.map { $0["role"]?.string ?? "" } ?? []
            #expect(zip(roles, roles.dropFirst()).allSatisfy { $0 != $1 } && roles.first == "user")
        }
    }
}

import Testing
import WhyOps

/// PRX-84: the address of a batch's results leads through the proxy, and every other byte stays.
struct BatchReplyTests {
    private func changed(_ body: String) -> String {
        let bytes = Array(body.utf8)
        return String(decoding: bytes.applying(BatchReply.edits(in: bytes)), as: UTF8.self)
    }

    @Test(arguments: [
        ("https://api.anthropic.com/v1/messages/batches/b_1/results", "/v1/messages/batches/b_1/results"),
        (
            "https://api.anthropic.com/v1/messages/batches/b_1/results?beta=true",
            "/v1/messages/batches/b_1/results?beta=true"
        ),
        ("http://user@10.0.0.1:80/a/b/messages/batches/b/results#x", "/v1/messages/batches/b/results#x"),
        (#"https:\/\/h\/v1\/messages\/batches\/b\/results"#, #"/v1\/messages\/batches\/b\/results"#),
        (#"https://h/v1/m\u0065ssages\u002fbatches/b/results"#, #"/v1/m\u0065ssages\u002fbatches/b/results"#),
        ("//h/messages/batches/b/results", "/v1/messages/batches/b/results"),
        ("/messages/batches/b/results", "/messages/batches/b/results"),
        ("/v1/messages/batches/b/results", "/v1/messages/batches/b/results"),
    ])
    func addressOfResultsLeadsThroughTheProxy(_ address: String, _ expected: String) {
        #expect(changed(#"{"results_url":"\#(address)"}"#) == #"{"results_url":"\#(expected)"}"#)
    }

    @Test(arguments: [
        "https://h/v1/messages/batches/b", "https://h/v1/messages/batches//results", "https://h/batches/b/results",
        "https://h/v1/messages/batches/b/results/", "https://h/v1/messages/batches/b/c/results", "",
        "https://h/?x=/messages/batches/b/results", "https://h/xmessages/batches/b/results",
        "messages/batches/b/results",
    ])
    func otherAddressesStay(_ address: String) {
        let body = #"{"results_url":"\#(address)"}"#
        #expect(changed(body) == body)
    }

    private let address = "https://h/v1/messages/batches/b/results"

    @Test func batchesOfAListAreChangedInTheirOrder() {
        let list =
            #" { "results_url":"\#(address)" , "data":[{"results_url":"\#(address)","n":1.50},null,{"results_url":null}]}"#
        #expect(changed(list) == list.replacing("https://h", with: ""))
    }

    @Test func everyMemberOfTheNameIsChanged() {
        let body = #"{"results_url":"\#(address)","results_url":"\#(address)"}"#
        #expect(changed(body) == body.replacing("https://h", with: ""))
    }

    @Test(arguments: [
        #"{"other":"ADDRESS"}"#, #"{"inner":{"results_url":"ADDRESS"}}"#, #"{"data":{"results_url":"ADDRESS"}}"#,
        #"[{"results_url":"ADDRESS"}]"#, #"{"results_url":["ADDRESS"]}"#, #""ADDRESS""#, #"{"results_url":"ADDRESS""#,
    ])
    func everythingElseStays(_ form: String) {
        let body = form.replacing("ADDRESS", with: address)
        #expect(changed(body) == body)
    }

    @Test(arguments: [
        ("/messages/batches", true), ("/messages/batches/b", true), ("/messages/batches/b/cancel", true),
        ("/messages/batches/b/results", false), ("/messages/batches/b/cancel/c", false), ("/messages/batchesb", false),
        ("/messages", false), ("/batches/b", false),
    ])
    func pathsOfBatches(_ path: String, _ isExpected: Bool) {
        #expect(BatchReply.isExpected(at: path) == isExpected)
    }
}

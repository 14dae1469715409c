import Testing
import WhyOpsInterop

/// IOP-24
@Suite struct OTLPReplyTests {
    @Test(
        arguments: [
            ("", 0, nil), ("{}", 0, nil), ("no JSON", 0, nil), (#"{"partialSuccess":{}}"#, 0, nil),
            (#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#, 3, "too old"),
            (#"{"partialSuccess":{"rejectedSpans":3}}"#, 3, nil),
            (#"{"partialSuccess":{"rejectedSpans":"0","errorMessage":"slow down"}}"#, 0, "slow down"),
            (#"{"partialSuccess":{"rejectedSpans":-1}}"#, 0, nil),
            // ExportTraceServiceResponse with partial_success: rejected_spans 300, error_message "old".
            ("\u{0A}\u{08}\u{08}\u{AC}\u{02}\u{12}\u{03}old", 300, "old"),
            // The same, cut off.
            ("\u{0A}\u{08}\u{08}\u{AC}\u{02}", 0, nil),
        ] as [(String, Int, String?)]
    )
    func anAnswerSaysWhatWasRejected(_ text: String, _ rejected: Int, _ message: String?) {
        let reply = OTLPReply(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
        #expect(reply.rejected == rejected && reply.message == message)
    }
}

import Logging
import Testing

@testable import WhyOpsCommand

struct LogFormatTests {
    @Test func textIsOneLineWhateverAValueHolds() {
        let line = LogFormat.text.line(
            at: "T",
            .notice,
            "request",
            ["trace": "a b\n\u{202E}\u{1B}[0m", "status": .stringConvertible(401), "route": "chat"]
        )
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"T notice request route=chat status=401 trace="a b\n\u{202e}\u001b[0m""# + "\n"
        )
    }

    @Test func jsonKeepsNumbersAndEscapesText() {
        let line = LogFormat.json.line(
            at: "T",
            .warning,
            "request",
            ["ms": .stringConvertible(1.5), "status": .stringConvertible(502), "trace": "\"\n", "level": "x"]
        )
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"{"time":"T","level":"warning","message":"request","ms":1.5,"status":502,"trace":"\"\n"}"# + "\n"
        )
    }
}

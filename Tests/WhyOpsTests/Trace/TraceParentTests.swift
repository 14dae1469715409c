import Testing
import WhyOps

/// TRC-48: what is a `traceparent`, after W3C Trace Context.
struct TraceParentTests {
    private static let tail = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

    private static let valid: [(String, String)] = [
        ("00-\(tail)-01", "00-\(tail)-01"),
        (" \t00-\(tail)-01 ", "00-\(tail)-01"),
        ("00-\(tail)-ff", "00-\(tail)-ff"),
        ("cc-\(tail)-01", "cc-\(tail)-01"),
        ("01-\(tail)-01-more", "01-\(tail)-01"),
        ("01-\(tail)-01-", "01-\(tail)-01"),
    ]

    @Test(arguments: valid) func validOnesAreKept(_ value: String, _ kept: String) {
        #expect(TraceParent(headerValue: value)?.text == kept)
    }

    private static let invalid: [String] = [
        "", "00",
        "00-\(tail)-0",
        "00-\(tail)-010",
        "00-\(tail)-01-01",
        "ff-\(tail)-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "01-\(tail)-01.more",
        "00_\(tail)-01",
        "0x-\(tail)-01",
        "00-\(tail)-01, 00-\(tail)-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47-3600f067aa0ba902b7-001",
    ]

    @Test(arguments: invalid) func othersAreNot(_ value: String) {
        #expect(TraceParent(headerValue: value) == nil)
    }
}

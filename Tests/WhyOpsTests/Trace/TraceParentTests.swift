import Testing
import WhyOps

/// TRC-48: what is a `traceparent`, after W3C Trace Context.
struct TraceParentTests {
    private static let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test(arguments: [
        (text, text), (" \t\(text) ", text), (text.dropLast(2) + "ff", text.dropLast(2) + "ff"),
        ("cc" + text.dropFirst(2), "cc" + text.dropFirst(2)), ("01\(text.dropFirst(2))-more", "01" + text.dropFirst(2)),
        ("01\(text.dropFirst(2))-", "01" + text.dropFirst(2)),
    ])
    func validOnesAreKept(_ value: String, _ kept: String) {
        #expect(TraceParent(headerValue: value)?.text == kept)
    }

    @Test(arguments: [
        "", "00", String(text.dropLast()), text + "0", text + "-01", "ff" + text.dropFirst(2), text.uppercased(),
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "01\(text.dropFirst(2)).more",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "\(text), \(text)", "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47-3600f067aa0ba902b7-001",
    ])
    func othersAreNot(_ value: String) {
        #expect(TraceParent(headerValue: value) == nil)
    }
}

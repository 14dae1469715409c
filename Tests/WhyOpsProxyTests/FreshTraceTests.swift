import Foundation
import Testing
import WhyOps

@testable import WhyOpsProxy

/// T4: nobody guesses an id, and no two are the same (TRC-9).
@Suite struct FreshTraceTests {
    private static let count = ProcessInfo.processInfo.environment["WHYOPS_NIGHTLY"] == nil ? 20_000 : 1_000_000

    @Test func noTwoAreTheSame() {
        var seen: Set<TraceID> = []
        seen.reserveCapacity(Self.count)
        for _ in 0..<Self.count { seen.insert(Moment.freshTraceID()) }
        #expect(seen.count == Self.count)
        // Version 4 of RFC 9562, in lower case.
        for id in seen.prefix(1000) {
            let text = Array(id.text.utf8)
            #expect(text.count == 36 && text[14] == UInt8(ascii: "4") && "89ab".utf8.contains(text[19]))
            #expect(!id.text.utf8.contains { (0x41...0x5A).contains($0) })
        }
    }
}

import Testing
import WhyOps
import WhyOpsInterop

/// What docs/interop.md shows.
@Suite struct GuideTests {
    @Test func aProgramSendsSpansAndReadsThem() throws {
        let events = try Golden.events("proxied-chat")
        var bytes: [UInt8] = []
        func send(_ body: [UInt8]) { bytes = body }

        var options = TraceExportOptions()
        options.conventions = .openInference
        let spans = TraceExport(events.map { TraceItem($0) }, options: options).spans
        let request = OTLPRequest(spans, resource: OTLPResource(service: "my-agents"), options: options)
        send(request.json)

        var reading = OTLPImport()
        reading.add(try JSONDocument(bytes).root)
        let (read, leftOut) = reading.events()
        #expect(read.map(\.event.eventType) == events.map(\.eventType))
        #expect(leftOut == 0)
    }
}

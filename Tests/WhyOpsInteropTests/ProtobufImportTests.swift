import Testing
import WhyOps
import WhyOpsInterop

/// Requests in Protocol Buffers, whole and damaged (IOP-54).
@Suite struct ProtobufImportTests {
    typealias Conventions = TraceExportOptions.Conventions

    private func events(_ bytes: [UInt8]) throws -> [Event] {
        var reading = OTLPImport()
        try reading.add(protobuf: bytes)
        return reading.events().events.map(\.event)
    }

    private func fault(_ bytes: [UInt8]) -> ProtobufFault? {
        var reading = OTLPImport()
        do throws(ProtobufFault) {
            try reading.add(protobuf: bytes)
        } catch {
            // All or none.
            #expect(reading.count == 0 && reading.unreadable == 0)
            return error
        }
        return nil
    }

    @Test(arguments: Golden.names, Conventions.allCases)
    func bothFormsAreTheSameEvents(_ name: String, _ conventions: Conventions) throws {
        for isExact in [false, true] {
            let request = try Golden.request(name, conventions) { $0.isExact = isExact }
            #expect(try events(request.protobuf) == Golden.back(request))
        }
    }

    @Test(arguments: ["broken-off", "proxied-chat"]) func everyTruncationIsRefusedWithItsPlace(_ name: String) throws {
        let bytes = try Golden.request(name, .genAI).protobuf
        #expect(try events([]).isEmpty)
        for count in 1..<bytes.count {
            guard let fault = fault(Array(bytes.prefix(count))) else {
                Issue.record("\(count) of \(bytes.count) bytes were taken")
                continue
            }
            #expect(fault.place <= count && !fault.message.isEmpty)
        }
    }

    /// Any byte may be any other: what comes of it is a fault or events, never the end of the process.
    @Test func damagedBytesEndNothing() throws {
        let bytes = try Golden.request("client-events", .openInference).protobuf
        for place in bytes.indices {
            var damaged = bytes
            // Of three bytes one in each way.
            damaged[place] ^= [0x01, 0x80, 0xFF][place % 3]
            if let fault = fault(damaged) { #expect(fault.place <= bytes.count) }
        }
    }

    @Test(
        arguments: [
            ([0x7B], 0, "form"), ([0x00], 0, "number"), ([0x0A], 1, "breaks off"), ([0x0A, 0x05, 0x00], 1, "5 bytes"),
            ([0x0D, 1, 2, 3], 1, "breaks off"), ([0x09, 1, 2, 3, 4, 5, 6, 7], 1, "breaks off"),
            ([0x08, 0x01], 0, "another kind"), ([0x10] + [UInt8](repeating: 0xFF, count: 10), 1, "64 bits"),
            ([0x10] + [UInt8](repeating: 0x80, count: 10), 1, "64 bits"),
            ([0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], 1, "bytes are said"),
            // A span whose name is no text.
            ([0x0A, 0x07, 0x12, 0x05, 0x12, 0x03, 0x2A, 0x01, 0xFF], 8, "UTF-8"),
        ] as [([UInt8], Int, String)]
    )
    func aFaultHasAPlace(_ bytes: [UInt8], _ place: Int, _ words: String) {
        let fault = fault(bytes)
        #expect(fault?.place == place && fault?.message.contains(words) == true, "\(String(describing: fault))")
    }

    @Test func whatIsNotKnownIsLeftOut() throws {
        // A number, eight bytes, bytes and four bytes under field 7, then a group of nothing.
        let bytes: [UInt8] =
            [0x38, 0xFF, 0x01, 0x39] + [UInt8](repeating: 1, count: 8) + [0x3A, 0x01, 0x01, 0x3D, 1, 2, 3, 4, 0x0A, 0]
        #expect(try events(bytes).isEmpty)
    }

    @Test func spansWithoutIDsAreCounted() throws {
        // One span with nothing in it.
        var reading = OTLPImport()
        try reading.add(protobuf: [0x0A, 0x04, 0x12, 0x02, 0x12, 0x00])
        #expect(reading.count == 0 && reading.unreadable == 1)
    }

    @Test(arguments: [60, 70, 20_000]) func valuesStandInFewOthers(_ depth: Int) {
        // A list in a list, to the end: AnyValue.array_value, ArrayValue.values.
        var value: [UInt8] = []
        for _ in 0..<depth { value = Self.field(5, Self.field(1, value)) }
        let attribute = Self.field(1, Array("k".utf8)) + Self.field(2, value)
        let fault = fault(Self.field(1, Self.field(2, Self.field(2, Self.field(9, attribute)))))
        #expect((fault == nil) == (depth < 64))
    }

    private static func field(_ number: UInt8, _ data: [UInt8]) -> [UInt8] {
        var count = data.count
        var head: [UInt8] = [number << 3 | 2]
        while count >= 0x80 {
            head.append(UInt8(count & 0x7F) | 0x80)
            count >>= 7
        }
        return head + [UInt8(count)] + data
    }
}

import Foundation
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// What stands in a file of the spool, and what is read of it when it is damaged (PRX-62, PRX-63).
struct SpoolFormatTests {
    static let marker: UInt64 = 0x0123_4567_89AB_CDEF

    /// Three records, and where each begins.
    private static var file: (bytes: [UInt8], starts: [Int]) {
        var bytes: [UInt8] = []
        var starts: [Int] = []
        for number in 0..<3 {
            var record = QueuedEntry.events([event(number, size: number * 7)], tenant).record
            SpoolRecord.mark(&record, with: marker)
            starts.append(bytes.count)
            bytes += record
        }
        return (bytes, starts)
    }

    /// The keys of what is read from a file with these bytes, and the count of what is not.
    private func read(_ bytes: [UInt8]) async throws -> (keys: [String], damaged: Int) {
        try await withFolder { folder in
            let file = try SpoolFile(folder + "/file", .new)
            try file.write(bytes, at: 0)
            let segment = SpoolSegment(number: 1, marker: Self.marker, file: file, size: bytes.count)
            let portion = SpoolPortionReader(segment: segment).portion(from: 0)
            #expect(portion.end == bytes.count)
            return (keys(portion.entries), portion.damaged)
        }
    }

    @Test func cutAtEveryPlaceKeepsWhatIsWhole() async throws {
        let (bytes, starts) = Self.file
        let ends = starts.dropFirst() + [bytes.count]
        for length in 0...bytes.count {
            let (keys, damaged) = try await read(Array(bytes[..<length]))
            let whole = ends.filter { $0 <= length }.count
            #expect(keys == (0..<whole).map { "\($0)" })
            #expect(damaged == (starts.contains(length) || length == bytes.count ? 0 : 1))
        }
    }

    @Test(arguments: [UInt8(0x01), 0x80, 0xFF])
    func everyFlippedByteCostsItsRecordAlone(_ mask: UInt8) async throws {
        let (bytes, starts) = Self.file
        for index in bytes.indices {
            var damagedBytes = bytes
            damagedBytes[index] ^= mask
            let (keys, damaged) = try await read(damagedBytes)
            let hit = starts.lastIndex { $0 <= index }
            #expect(keys == (0..<3).filter { $0 != hit }.map { "\($0)" }, "byte \(index)")
            #expect(damaged == 1)
        }
    }

    @Test func zerosAtTheEndAreOneCutOffRecord() async throws {
        let (keys, damaged) = try await read(Self.file.bytes + [UInt8](repeating: 0, count: 4096))
        #expect(keys == ["0", "1", "2"])
        #expect(damaged == 1)
    }

    @Test func damageOverSeveralReadsIsPassed() async throws {
        // The next marker lies past the first chunk, at every place around its end.
        let (bytes, _) = Self.file
        for length in (1 << 20) - 9...(1 << 20) + 1 {
            let (keys, damaged) = try await read([UInt8](repeating: 7, count: length) + bytes)
            #expect(keys == ["0", "1", "2"])
            #expect(damaged == 1)
        }
    }

    @Test func textThatLooksLikeARecordIsNone() async throws {
        // Whoever knows the form but not the marker cannot place a record of their own inside a damaged one.
        var forged = QueuedEntry.events([event(9)], tenant).record
        SpoolRecord.mark(&forged, with: Self.marker &+ 1)
        var carrier = event(0)
        carrier.content = forged
        var record = QueuedEntry.events([carrier], tenant).record
        SpoolRecord.mark(&record, with: Self.marker)
        record[30] ^= 1
        let (keys, damaged) = try await read(record + Self.file.bytes)
        #expect(keys == ["0", "1", "2"])
        #expect(damaged == 1)
    }

    @Test func recordLongerThanAReadIsRead() async throws {
        var record = QueuedEntry.events([event(5, size: 3 << 20)], tenant).record
        SpoolRecord.mark(&record, with: Self.marker)
        try await withFolder { folder in
            let file = try SpoolFile(folder + "/file", .new)
            try file.write(Self.file.bytes + record, at: 0)
            let size = Self.file.bytes.count + record.count
            let reader = SpoolPortionReader(
                segment: SpoolSegment(number: 1, marker: Self.marker, file: file, size: size)
            )
            let first = reader.portion(from: 0)
            #expect(keys(first.entries) == ["0", "1", "2"])
            let second = reader.portion(from: first.end)
            #expect(keys(second.entries) == ["5"])
            #expect(second.end == size)
        }
    }

    @Test func everyFieldComesBack() throws {
        let full = Event(
            eventType: .toolCallResponse,
            traceId: "tr\u{E4}ce",
            agentName: "",
            spanId: "span\u{0}",
            stepId: 7,
            parentStepId: 0,
            timestamp: "2026-01-02T03:04:05.678Z",
            content: Array("null".utf8),
            metadata: Array(#"{"n":1.0}"#.utf8),
            idempotencyKey: "key",
            externalUserId: "\u{1F468}\u{200D}\u{1F469}",
            providerId: "provider"
        )
        let trace = try #require(TraceID("trace-1"))
        let echo = try #require(EchoID(.toolCall, "call_1"))
        for entry in [
            QueuedEntry.events([full, event(1)], tenant), .events([], tenant), .links([], tenant),
            .links([StitchLink(echo: echo, trace: trace)], tenant), .ended([], tenant),
            .ended(["span_1", "s"], tenant),
        ] {
            #expect(QueuedEntry(payload: entry.record[SpoolRecord.headSize...]) == entry)
        }
    }

    @Test func payloadOfAnotherVersionIsSkippedOverItsNewFields() throws {
        var payload = Array(QueuedEntry.events([event(1)], tenant).record[SpoolRecord.headSize...])
        // A field of tag 200 with three bytes, before the end of the event.
        payload.replaceSubrange(payload.count - 1..<payload.count, with: [200, 3, 0, 0, 0, 1, 2, 3, 0])
        #expect(QueuedEntry(payload: payload[...]) == .events([event(1)], tenant))
        payload[0] = 77
        #expect(QueuedEntry(payload: payload[...]) == nil)
    }

    @Test(arguments: 0..<70)
    func checksumTellsEveryFlippedBitApart(_ length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var sums = Set([SpoolChecksum.of(bytes.span.bytes)])
        for bit in 0..<length * 8 {
            var other = bytes
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            sums.insert(SpoolChecksum.of(other.span.bytes))
        }
        sums.insert(SpoolChecksum.of((bytes + [0]).span.bytes))
        #expect(sums.count == length * 8 + 2)
    }
}

import Foundation
import Testing
import WhyOps

@testable import WhyOpsProxy

/// What decided about a trace stands also in the events that others write for an exchange (TRC-49).
struct SpoolStitchTests {
    private static let metadata =
        #"{"model":"m","tools":[{"name":"\"stitch\":{\"source\":\"new\"}"}],"stitch":{"source":"echo","#
        + #""links":["other"],"names":["said:1"],"parents":["answer:2"],"branch":"b"}}"#
    private static let kept = #"{"source":"echo","links":["other"],"branch":"b"}"#

    private func asked(_ span: String, size: Int = 10, user: String? = nil) -> Event {
        var event = request(span, size: size)
        event.metadata = Array(Self.metadata.utf8)
        event.externalUserId = user
        return event
    }

    private func spool(_ folder: String) throws -> Spool {
        try Spool(SpoolConfiguration(folder: folder, maximumBytes: 1 << 20), logger: quiet)
    }

    private func stitch(_ entries: [QueuedEntry], _ key: @escaping (Event) -> Bool) throws -> String {
        let events = entries.flatMap { entry in
            if case .events(let events, _) = entry { events } else { [Event]() }
        }
        let event = try #require(events.first(where: key))
        let stitch = try JSONDocument(try #require(event.metadata)).root["stitch"]
        return String(decoding: try #require(stitch).slice, as: UTF8.self)
    }

    @Test(arguments: ["someone", nil])
    func abortionSaysWhatDecided(_ user: String?) async throws {
        try await withFolder { folder in
            let first = try spool(folder + "/1")
            _ = first.append(.events([asked("cut", user: user)], tenant))
            // The file with the request goes, and another one takes the exchange over.
            _ = first.append(.events([event(1, size: 70_000)], tenant))
            _ = first.append(.events([event(2, size: 70_000)], tenant))
            _ = await drain(first)
            let names = try segmentNames(folder + "/1")
            #expect(names.first?.hasPrefix("0000000000000001-") == false)
            try FileManager.default.copyItem(atPath: folder + "/1", toPath: folder + "/2")
            let left = await drain(try spool(folder + "/2"))
            #expect(try stitch(left) { $0.idempotencyKey == "cut.aborted" } == Self.kept)
            let abortion = left.flatMap { entry in
                if case .events(let events, _) = entry { events.filter(\.isAbortion) } else { [Event]() }
            }
            #expect(abortion.map(\.externalUserId) == [user])
        }
    }

    @Test func markerOfMissingEventsSaysWhatDecided() async throws {
        try await withFolder { folder in
            let spool = try spool(folder)
            #expect(spool.append(.events([asked("lost", size: 1 << 20)], tenant)) != nil)
            #expect(try stitch(await drain(spool)) { SpoolGaps.isMarker($0) } == Self.kept)
        }
    }

    @Test func markerInThePlaceOfARefusedEventSaysWhatDecided() throws {
        let marker = SpoolGaps.marker(inPlaceOf: asked("refused"), tenant: tenant)
        #expect(try stitch([.events([marker], tenant)]) { _ in true } == Self.kept)
    }

    @Test func eventThatSaysNothingLeavesNothing() throws {
        #expect(StitchNote(request("none")) == nil)
        let exchange = OpenExchange(
            spanID: "s",
            traceID: "t",
            agentName: "a",
            externalUserID: nil,
            stitch: StitchNote(json: Array("[1]".utf8))
        )
        #expect(exchange.abortion.metadata == Array("{}".utf8))
    }
}

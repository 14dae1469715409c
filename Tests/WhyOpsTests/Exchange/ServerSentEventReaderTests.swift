import Testing

@testable import WhyOps

struct ServerSentEventReaderTests {
    /// An item with its bytes as text, so that it does not depend on where the reader keeps them.
    enum Piece: Equatable {
        case raw(String)
        case event(String, data: [String])
    }

    private func pieces(_ chunks: [[UInt8]]) -> (pieces: [Piece], ending: ServerSentEventReader.LineEnding) {
        var reader = ServerSentEventReader()
        var pieces: [Piece] = []
        func take() {
            while let item = reader.next() {
                func text(_ range: Range<Int>) -> String { String(decoding: reader.bytes[range], as: UTF8.self) }
                switch item {
                case .raw(let range): pieces.append(.raw(text(range)))
                case .event(let range): pieces.append(.event(text(range), data: reader.data.map(text)))
                }
            }
        }
        for chunk in chunks {
            reader.append(chunk.span)
            take()
        }
        reader.finish()
        take()
        return (pieces, reader.lineEnding)
    }

    private func whole(_ text: String) -> [Piece] { pieces([Array(text.utf8)]).pieces }

    @Test func eventsCommentsAndBlankLinesAreToldApart() {
        let text = ": hello\n\nevent: x\nid: 7\ndata: one\ndata:two\ndata\n: inside\nretry: 5\n\n\ndata: last\n\n"
        #expect(
            whole(text) == [
                .raw(": hello\n"), .raw("\n"),
                .event("event: x\nid: 7\ndata: one\ndata:two\ndata\n: inside\nretry: 5\n\n", data: ["one", "two", ""]),
                .raw("\n"), .event("data: last\n\n", data: ["last"]),
            ]
        )
    }

    @Test func fieldsThatOnlyLookLikeDataAreNot() {
        #expect(whole("database: x\n\n") == [.event("database: x\n\n", data: [])])
        #expect(whole(" data: x\n\n") == [.event(" data: x\n\n", data: [])])
        #expect(whole("data:  two spaces\n\n") == [.event("data:  two spaces\n\n", data: [" two spaces"])])
    }

    @Test func byteOrderMarkBelongsToTheStreamOnly() {
        #expect(
            whole("\u{FEFF}data: a\n\ndata: b\n\n") == [
                .event("\u{FEFF}data: a\n\n", data: ["a"]), .event("data: b\n\n", data: ["b"]),
            ]
        )
    }

    @Test func unfinishedEventAtTheEndIsAnEvent() {
        #expect(
            whole("data: a\n\ndata: b\n") == [.event("data: a\n\n", data: ["a"]), .event("data: b\n", data: ["b"])]
        )
        #expect(whole("data: a\n\ndata: b") == [.event("data: a\n\n", data: ["a"]), .event("data: b", data: ["b"])])
        #expect(whole(": c") == [.raw(": c")])
    }

    @Test func commentIsReleasedWhenItsLineIsComplete() {
        var reader = ServerSentEventReader()
        reader.append(Array(": keep-alive\n".utf8).span)
        #expect(reader.next() == .raw(0..<13))
    }

    @Test func eventIsReleasedAtTheCarriageReturnOfItsBlankLine() {
        var reader = ServerSentEventReader()
        reader.append(Array("data: a\r\n\r".utf8).span)
        #expect(reader.next() == .event(0..<10))
        #expect(reader.data == [6..<7])
        reader.append(Array("\n".utf8).span)
        #expect(reader.next() == .raw(0..<1))
        #expect(reader.lineEnding == .crlf)
    }

    static let stream =
        "\u{FEFF}: hi\r\n\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nevent: p\rdata: x\r\rdata: y\n\n\r\n\ndata: \u{1F600}z\r\n"

    /// Wherever the stream is cut, the same bytes and the same events come out.
    @Test(arguments: 0...stream.utf8.count, [1, 2])
    func cutsDoNotMatter(_ cut: Int, _ step: Int) {
        let bytes = Array(Self.stream.utf8)
        let (expected, ending) = pieces([bytes])
        let parts = pieces(
            [Array(bytes[..<cut])]
                + stride(from: cut, to: bytes.count, by: step).map {
                    Array(bytes[$0..<min($0 + step, bytes.count)])
                }
        )
        func events(_ pieces: [Piece]) -> [[String]] {
            pieces.compactMap { if case .event(_, let data) = $0 { data } else { nil } }
        }
        func text(_ pieces: [Piece]) -> String {
            pieces.map {
                switch $0 {
                case .raw(let text), .event(let text, _): text
                }
            }.joined()
        }
        #expect(events(parts.pieces) == events(expected))
        #expect(text(parts.pieces) == Self.stream)
        #expect(parts.ending == ending)
    }

    @Test func streamPassesAsItComesAfterAnEventThatIsTooLarge() {
        var reader = ServerSentEventReader()
        let large = [UInt8](repeating: UInt8(ascii: "x"), count: ServerSentEventReader().maximumEventLength + 10)
        reader.append(large.span)
        #expect(reader.next() == .raw(0..<large.count))
        #expect(reader.isPassingThrough)
        reader.append(Array("\n\ndata: a\n\n".utf8).span)
        #expect(reader.next() == .raw(0..<11))
    }
}

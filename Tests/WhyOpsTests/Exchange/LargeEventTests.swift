import Testing

@testable import WhyOps

/// Events about as large as the largest that is read (EXC-37, EXC-38, EXC-47), with a limit that tests can afford.
struct LargeEventTests {
    private static let limit = 200

    private static func chunk(_ text: String) -> String {
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"},\"finish_reason\":null}]}\n\n"
    }

    /// An event whose bytes up to its blank line are as many as told.
    private static func event(length: Int, lineEnd: String) -> String {
        let head = "data: {\"choices\":[],\"x\":\""
        let fill = String(repeating: "x", count: length - head.utf8.count - "\"}".utf8.count - lineEnd.utf8.count)
        return head + fill + "\"}" + lineEnd + lineEnd
    }

    private static func run(_ bytes: [UInt8], cuts: [Int]) -> String {
        var stream = ReplyStream(format: .chat, frame: Array("<SIGNATURE>".utf8))
        stream.reader.maximumEventLength = limit
        var output: [UInt8] = []
        var start = 0
        for end in cuts + [bytes.count] {
            output += stream.read(bytes.span.extracting(start..<end))
            start = end
        }
        return String(decoding: output + stream.finish(), as: UTF8.self)
    }

    @Test(arguments: -3...3, ["\n", "\r", "\r\n"])
    func placeOfACutDoesNotMatterAtTheLimit(_ more: Int, _ lineEnd: String) {
        let large = Self.event(length: Self.limit + more, lineEnd: lineEnd)
        let stop = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        let bytes = Array((Self.chunk("Hello my friend. ") + large + stop).utf8)
        let whole = Self.run(bytes, cuts: [])
        for cut in bytes.indices { #expect(Self.run(bytes, cuts: [cut]) == whole, "cut at \(cut)") }
        #expect(Self.run(bytes, cuts: Array(bytes.indices)) == whole)
        #expect(whole.contains("<SIGNATURE>") == (more <= 0), "an event over the limit ends what is changed")
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func heldWhiteSpaceComesBeforeAnEventThatIsTooLarge(_ lineEnd: String) {
        let large = Self.event(length: Self.limit + 9, lineEnd: lineEnd)
        let bytes = Array((Self.chunk("Hello ") + large + Self.chunk("you")).utf8)
        let expected = Self.chunk("Hello") + Self.chunk(" ") + large + Self.chunk("you")
        #expect(Self.run(bytes, cuts: []) == expected)
        #expect(Self.run(bytes, cuts: Array(bytes.indices)) == expected)
    }

    @Test func commentThatIsTooLongPassesHoweverItIsCut() {
        let comment = ":" + String(repeating: "c", count: Self.limit + 10) + "\n\n"
        let bytes = Array((Self.chunk("Hello ") + comment + Self.chunk("my friend.")).utf8)
        let expected = Self.chunk("Hello") + Self.chunk(" ") + comment + Self.chunk("my friend.")
        for cut in bytes.indices { #expect(Self.run(bytes, cuts: [cut]) == expected, "cut at \(cut)") }
    }

    /// EXC-62: a signed text, and then items that make the last copy of it too large.
    @Test func copyInAnEventThatIsTooLargeStaysAsItCame() {
        func event(_ type: String, _ members: String) -> String {
            "data: {\"type\":\"response.\(type)\",\(members)}\n\n"
        }
        let text = "One two three."
        let item = "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"\(text)\"}]}"
        let done = event("output_item.done", "\"output_index\":0,\"item\":\(item)")
        let large = "{\"type\":\"image_generation_call\",\"result\":\"\(String(repeating: "x", count: 4096))\"}"
        let last = event("completed", "\"response\":{\"status\":\"completed\",\"output\":[\(item),\(large)]}")
        let input =
            event("output_text.delta", "\"output_index\":0,\"content_index\":0,\"delta\":\"\(text)\"")
            + event("output_text.done", "\"output_index\":0,\"content_index\":0,\"text\":\"\(text)\"") + done + last
        var stream = ReplyStream(format: .responses, frame: Array("<SIGNATURE>".utf8))
        stream.reader.maximumEventLength = 4096
        let output = String(decoding: stream.read(Array(input.utf8).span) + stream.finish(), as: UTF8.self)
        #expect(output.contains(done.replacing(text, with: text + "<SIGNATURE>")))
        #expect(output.hasSuffix(last))
        #expect(stream.capture.isFinished, "what was not read is not judged")
    }
}

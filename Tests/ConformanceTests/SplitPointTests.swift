import Testing
import WhyOps
import WhyOpsConformance

/// EXC-37 at many places, which would take too long through the runner.
struct SplitPointTests {
    @Test(arguments: Suite.cases("exchange.embed-stream"))
    func placeOfACutDoesNotMatter(_ vector: ConformanceCase) throws {
        let reply = try #require(vector.text("reply"))
        guard reply.count <= 6144 else { return }
        let format = try #require(ExchangeFormat(rawValue: vector.input["format"]?.text ?? ""))
        // EXC-65: the reply to a request that is refused is not signed.
        let request = try? RequestReading(#require(vector.text("request")), format: format)
        let frame = request.map { $0.constraint == nil } == true ? CoreTestee.frame(vector.input) : nil
        let policy = SignaturePolicy(rawValue: vector.input["policy"]?.text ?? "careful") ?? .careful
        let start = ReplyStream(format: format, frame: frame, policy: policy)

        var stream = start
        let whole = stream.read(reply.span) + stream.finish()
        var head = start
        var headOutput: [UInt8] = []
        // Every place of a short stream; of a long one every third, each case from another one on.
        let step = reply.count > 2048 ? 3 : 1
        for cut in stride(from: vector.id.utf8.count % step, to: reply.count, by: step) {
            headOutput += head.read(reply.span.extracting(max(0, cut - step)..<cut))
            var rest = head
            let output = headOutput + rest.read(reply.span.extracting(cut...)) + rest.finish()
            guard output == whole else {
                Issue.record("cut at \(cut)")
                return
            }
        }
    }
}

import AsyncAlgorithms
import HTTPTypes
import Hummingbird
import NIOCore

/// The head of a reply to the client, with its body where that is whole already.
struct ReplyHead: Sendable {
    enum Body: Sendable {
        case whole(ByteBuffer)
        /// What the outlet gives; the length where it is known.
        case stream(length: Int?)
    }

    var status: Int
    var headers: HTTPFields
    var body: Body
}

/// Between the task that works on an exchange and the connection that its reply is written to.
///
/// One chunk at a time: the task waits until the connection has taken it, so a slow client slows the upstream.
final class ReplyOutlet: Sendable {
    private let heads: AsyncThrowingStream<ReplyHead, any Error>
    private let headContinuation: AsyncThrowingStream<ReplyHead, any Error>.Continuation
    private let chunks = AsyncThrowingChannel<ByteBuffer, any Error>()

    init() {
        (heads, headContinuation) = AsyncThrowingStream.makeStream()
    }

    // MARK: The task's side

    func begin(_ head: ReplyHead) {
        headContinuation.yield(head)
        headContinuation.finish()
    }

    func send(_ bytes: [UInt8]) async {
        if !bytes.isEmpty { await chunks.send(ByteBuffer(bytes: bytes)) }
    }

    func send(_ buffer: ByteBuffer) async {
        if buffer.readableBytes > 0 { await chunks.send(buffer) }
    }

    /// Ends the body; `begin` came before.
    func finish() {
        chunks.finish()
    }

    /// Breaks the body off, so that the client sees that it is not whole (PRX-12).
    func fail(_ error: any Error) {
        headContinuation.finish(throwing: error)
        chunks.fail(error)
    }

    // MARK: The connection's side

    /// Runs the work in a task of its own, which ends early when the client goes, and gives its reply.
    func reply(watch: ConnectionWatch?, work: @escaping @Sendable (ReplyOutlet) async -> Void) async throws -> Response
    {
        let task = Task { await work(self) }
        watch?.onClose { task.cancel() }
        return try await withTaskCancellationHandler {
            var iterator = heads.makeAsyncIterator()
            guard let head = try await iterator.next() else { throw CancellationError() }
            return response(head, task, watch)
        } onCancel: {
            task.cancel()
        }
    }

    private func response(_ head: ReplyHead, _ task: Task<Void, Never>, _ watch: ConnectionWatch?) -> Response {
        let body: ResponseBody
        switch head.body {
        case .whole(let buffer):
            watch?.clear()
            body = ResponseBody(byteBuffer: buffer)
        case .stream(let length):
            body = ResponseBody(contentLength: length) { [chunks] writer in
                do {
                    try await withTaskCancellationHandler {
                        for try await chunk in chunks { try await writer.write(chunk) }
                    } onCancel: {
                        task.cancel()
                    }
                } catch {
                    task.cancel()
                    watch?.clear()
                    throw error
                }
                watch?.clear()
                try await writer.finish(nil)
            }
        }
        return Response(status: .init(code: head.status), headers: head.headers, body: body)
    }
}

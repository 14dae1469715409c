import AsyncAlgorithms
import Hummingbird
import NIOCore

/// Moves a request body to the upstream as it comes, and takes the rest in when the upstream has had enough.
///
/// The client's connection is read in a task that nobody cancels: a reading that is cut off closes the connection,
/// and a client that is still sending would never see why its upload was refused.
final class UploadPump: Sendable {
    /// What the upstream reads.
    let body = AsyncThrowingChannel<ByteBuffer, any Error>()
    private let task: Task<Void, Never>

    init(_ source: RequestBody) {
        task = Task { [body] in
            do {
                for try await buffer in source { await body.send(buffer) }
                body.finish()
            } catch {
                body.fail(error)
            }
        }
    }

    /// Gives the upstream nothing more and waits until the client has sent everything or has gone. Must come before
    /// the end of the response, since the connection's next request is read from there on.
    func drain() async {
        body.finish()
        await task.value
    }
}

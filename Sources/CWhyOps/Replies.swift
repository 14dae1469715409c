public import CWhyOpsABI
import WhyOps

extension SignaturePolicy {
    /// The policy with a number of the header.
    init?(_ number: Int32) {
        switch number {
        case WHYOPS_POLICY_CAREFUL: self = .careful
        case WHYOPS_POLICY_ALWAYS: self = .always
        default: return nil
        }
    }
}

/// Puts a frame into a whole reply.
@c @implementation
public func whyops_reply_embed(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ format: Int32,
    _ frame: UnsafePointer<UInt8>?,
    _ frameLength: Int,
    _ policy: Int32,
    _ embedded: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(embedded), let format = ExchangeFormat(format), let policy = SignaturePolicy(policy),
        let body = unsafe text(start, length), let frame = unsafe text(frame, frameLength)
    else { return WHYOPS_INVALID_ARGUMENT }
    guard !frame.isEmpty, let reply = WholeReply(body, format: format, frame: frame, policy: policy),
        !reply.edits.isEmpty
    else { return WHYOPS_NONE }
    return unsafe give(body.applying(reply.edits), embedded)
}

/// Begins a streamed reply, to be freed by `whyops_stream_free`.
@c @implementation
public func whyops_stream_create(
    _ format: Int32,
    _ frame: UnsafePointer<UInt8>?,
    _ frameLength: Int,
    _ policy: Int32,
    _ stream: UnsafeMutablePointer<OpaquePointer?>?
) -> whyops_status {
    guard let stream = unsafe stream else { return WHYOPS_INVALID_ARGUMENT }
    unsafe stream.pointee = nil
    guard let format = ExchangeFormat(format), let policy = SignaturePolicy(policy),
        let frame = unsafe text(frame, frameLength)
    else { return WHYOPS_INVALID_ARGUMENT }
    let reply = ReplyStream(format: format, frame: frame.isEmpty ? nil : frame, policy: policy)
    unsafe stream.pointee = Held.retain(StreamedReply(reply))
    return WHYOPS_OK
}

/// Frees a streamed reply.
@c @implementation
public func whyops_stream_free(_ stream: OpaquePointer?) { unsafe Held<StreamedReply>.release(stream) }

/// Takes the next bytes of a streamed reply and gives what can be sent on (EXC-31).
@c @implementation
public func whyops_stream_read(
    _ stream: OpaquePointer?,
    _ chunk: UnsafePointer<UInt8>?,
    _ length: Int,
    _ output: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(output), let stream = unsafe stream, let bytes = unsafe text(chunk, length) else {
        return WHYOPS_INVALID_ARGUMENT
    }
    let held = unsafe Held<StreamedReply>.at(stream)
    guard !held.value.hasEnded else { return WHYOPS_INVALID_ARGUMENT }
    return unsafe give(held.value.reply.read(bytes.span), output)
}

/// Ends a streamed reply and gives what is left to send.
@c @implementation
public func whyops_stream_finish(
    _ stream: OpaquePointer?,
    _ output: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(output), let stream = unsafe stream else { return WHYOPS_INVALID_ARGUMENT }
    let held = unsafe Held<StreamedReply>.at(stream)
    guard !held.value.hasEnded else { return WHYOPS_INVALID_ARGUMENT }
    held.value.hasEnded = true
    return unsafe give(held.value.reply.finish(), output)
}

/// A streamed reply, which ends once.
private struct StreamedReply {
    var reply: ReplyStream
    var hasEnded = false

    init(_ reply: ReplyStream) { self.reply = reply }
}

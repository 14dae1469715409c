import NIOCore

/// Buffers to read into, each but a channel's first given back when its bytes are taken.
///
/// A channel would keep the last one for as long as it is open, of the size of what it read: 64 KiB for each connection
/// that once sent a large body and is idle since. And it would make them as small as the events of a stream, so that the
/// next reply's head and its first event would not fit into one and be read, and passed on, one after the other.
struct ReceiveBuffers: RecvByteBufferAllocator {
    private var sizes = AdaptiveRecvByteBufferAllocator(minimum: 4 << 10, initial: 4 << 10, maximum: 64 << 10)

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        sizes.buffer(allocator: allocator)
    }

    /// Tells the channel that the next buffer may be larger, whatever was read: so it takes a new one.
    mutating func record(actualReadBytes: Int) -> Bool {
        _ = sizes.record(actualReadBytes: actualReadBytes)
        return true
    }
}

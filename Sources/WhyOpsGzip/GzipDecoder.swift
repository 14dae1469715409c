import CZlib

/// Decodes a body in gzip as it comes (RFC 1952), with all its members (PRX-90 to PRX-92, ING-20).
///
/// It holds the 32 KiB that the format may refer back to and a chunk of output, whatever the body says it is.
package final class GzipDecoder {
    package enum Fault: Error, Hashable {
        /// Not gzip, or its checks fail, or something stands behind it that is not gzip.
        case damaged
        /// At its end within a member, or without any.
        case cutOff
    }

    // zlib remembers where its stream lies, so that must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let chunk: UnsafeMutableBufferPointer<UInt8>
    private var isBetweenMembers = false

    private static let chunkSize = 32 * 1024
    private static let smallOutput = 1 << 20
    /// The largest window, and the header of gzip and no other.
    private static let window: Int32 = 15 + 16

    package init() throws(Fault) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        chunk = .allocate(capacity: Self.chunkSize)
        guard whyops_inflate_init(stream, Self.window) == Z_OK else { throw .damaged }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
        chunk.deallocate()
    }

    /// Adds what a piece of the body decodes to, and stops where that is more than a limit: by at most a chunk.
    ///
    /// - Complexity: O(n) in the piece and in what it decodes to.
    package func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int) throws(Fault) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        repeat {
            stream.pointee.next_out = chunk.baseAddress
            stream.pointee.avail_out = UInt32(chunk.count)
            let code = inflate(stream, Z_NO_FLUSH)
            if output.count > Self.smallOutput, output.capacity < limit {
                // Growing by doubling would hold three times as much for a moment; what is not used takes no memory.
                output.reserveCapacity(limit + chunk.count)
            }
            output.append(contentsOf: chunk[..<(chunk.count - Int(stream.pointee.avail_out))])
            switch code {
            case Z_OK: isBetweenMembers = false
            case Z_STREAM_END:
                isBetweenMembers = true
                inflateReset(stream)
            // All of the piece is read and all of its output given.
            case Z_BUF_ERROR: return
            default: throw .damaged
            }
        } while output.count <= limit && (stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0)
    }

    /// Says that there is no more of the body.
    package func end() throws(Fault) {
        if !isBetweenMembers { throw .cutOff }
    }
}

import CZlib

/// Encodes a body in gzip (RFC 1952).
package enum GzipEncoder {
    private static let chunkSize = 64 * 1024

    /// The body as one member; `nil` where zlib has no memory for it.
    ///
    /// - Complexity: O(n).
    package static func encode(_ bytes: [UInt8]) -> [UInt8]? {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer {
            stream.deinitialize(count: 1)
            stream.deallocate()
        }
        guard whyops_deflate_init(stream) == Z_OK else { return nil }
        defer { deflateEnd(stream) }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkSize)
        // The input and the chunk are not moved while zlib knows where they lie.
        let isWhole = bytes.withUnsafeBufferPointer { input in
            chunk.withUnsafeMutableBufferPointer { chunk in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                while true {
                    stream.pointee.next_out = chunk.baseAddress
                    stream.pointee.avail_out = UInt32(chunk.count)
                    let code = deflate(stream, Z_FINISH)
                    output.append(contentsOf: chunk[..<(chunk.count - Int(stream.pointee.avail_out))])
                    if code == Z_STREAM_END { return true }
                    if code != Z_OK, code != Z_BUF_ERROR { return false }
                }
            }
        }
        return isWhole ? output : nil
    }
}

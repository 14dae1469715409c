import NIOHTTP1

/// What the decoder lets pass and what no two readers of a request must understand differently.
///
/// The decoder refuses by itself: both framings at once, two lengths, lengths and chunk sizes that are no numbers,
/// folded headers, bare line feeds, NUL, a space before the colon, and heads that are too large.
enum RequestCheck {
    /// What is wrong with a head; `nil` where it may be routed.
    static func fault(in head: HTTPRequestHead) -> String? {
        guard head.version == .http1_1 || head.version == .http1_0 else { return "The HTTP version is not supported." }
        var lengths = 0
        var encodings = 0
        var hosts = 0
        for (name, value) in head.headers {
            if name.isSameHeader(as: "content-length") {
                lengths += 1
                let isNumber =
                    !value.isEmpty && value.utf8.count <= 18 && value.utf8.allSatisfy { (0x30...0x39).contains($0) }
                if !isNumber { return "Content-Length must be a number." }
            } else if name.isSameHeader(as: "transfer-encoding") {
                encodings += 1
                if !value.isSameHeader(as: "chunked") {
                    return "The only Transfer-Encoding that is understood is chunked."
                }
            } else if name.isSameHeader(as: "host") {
                hosts += 1
            }
        }
        if lengths > 1 { return "Content-Length must be given once." }
        if encodings > 1 || (encodings == 1 && lengths > 0) { return "The body must be framed in one way." }
        if encodings > 0, head.version == .http1_0 { return "HTTP/1.0 has no Transfer-Encoding." }
        if hosts > 1 || (hosts == 0 && head.version == .http1_1) { return "Host must be given once." }
        return nil
    }
}

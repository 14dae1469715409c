import HTTPTypes
import Hummingbird
import NIOCore
import WhyOpsEdge
import WhyOpsGzip

/// A body as it was sent, after its coding was undone.
struct RequestBody: Sendable {
    let bytes: [UInt8]
    /// Whether each line is a text of its own (ING-21).
    let isLines: Bool
}

extension RequestReader {
    /// What a body may be besides one JSON text.
    enum Media { case json, jsonOrLines }

    /// Gives a request's body to a function, and keeps its share of what is held at once until that is done (ING-25).
    ///
    /// - Parameter copies: how often the function holds the body beside itself.
    func withBody<Value>(
        of request: Request,
        as media: Media = .json,
        copies: Int = 0,
        _ use: (RequestBody) async throws -> Value
    ) async throws -> Value {
        let isLines = try isLines(request.headers[.contentType], media)
        let decoder = try decoder(for: request.headers[.contentEncoding])
        let length = request.headers[.contentLength].flatMap { Int($0) }
        if let length, length > maximumBodyBytes { throw Self.tooLarge }
        var share = BodyBudget.Share(owner: Caller.current?.environmentID)
        // The share is given back on every way out of here, as large as it has become by then.
        do {
            guard budget.grow(&share, to: length ?? 0) else { throw Self.overloaded }
            let bytes = try await collect(request, length, decoder, &share)
            let held = (bytes.count + Self.parsedBytes(of: bytes)) * (1 + copies)
            guard budget.grow(&share, to: held) else { throw Self.overloaded }
            let value = try await use(RequestBody(bytes: bytes, isLines: isLines))
            budget.giveBack(&share)
            return value
        } catch {
            budget.giveBack(&share)
            throw error
        }
    }

    /// What the values of a body take beside its bytes, at most: each but the first follows a comma, a colon or a bracket.
    private static func parsedBytes(of bytes: [UInt8]) -> Int {
        let others = bytes.withUnsafeBufferPointer { bytes in
            // Without a branch, so that the compiler takes many bytes at once.
            bytes.reduce(into: 0) { count, byte in
                let isComma = byte == UInt8(ascii: ",")
                let isColon = byte == UInt8(ascii: ":")
                let isBracket = byte | 0x20 == UInt8(ascii: "{")
                count &+= isComma || isColon || isBracket ? 1 : 0
            }
        }
        return (1 + others) * bytesOfValue
    }

    private static var bytesOfValue: Int { 16 }

    private func collect(
        _ request: Request,
        _ length: Int?,
        _ decoder: GzipDecoder?,
        _ share: inout BodyBudget.Share
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        if let length, decoder == nil { bytes.reserveCapacity(length) }
        for try await buffer in request.body {
            do throws(GzipDecoder.Fault) {
                if let decoder {
                    let piece = Array(buffer.readableBytesView)
                    var fault: GzipDecoder.Fault?
                    piece.withUnsafeBytes { raw in
                        do throws(GzipDecoder.Fault) {
                            try decoder.decode(raw, into: &bytes, limit: maximumBodyBytes)
                        } catch {
                            fault = error
                        }
                    }
                    if let fault { throw fault }
                } else {
                    bytes += buffer.readableBytesView
                }
            } catch {
                throw Self.damagedGzip
            }
            if bytes.count > maximumBodyBytes { throw Self.tooLarge }
            guard budget.grow(&share, to: bytes.count) else { throw Self.overloaded }
        }
        do throws(GzipDecoder.Fault) {
            try decoder?.end()
        } catch {
            throw Self.damagedGzip
        }
        return bytes
    }

    private func decoder(for coding: String?) throws -> GzipDecoder? {
        switch coding?.lowercased().trimmingBlanks ?? "identity" {
        case "identity", "": return nil
        case "gzip", "x-gzip":
            do throws(GzipDecoder.Fault) {
                return try GzipDecoder()
            } catch {
                throw Self.overloaded
            }
        default:
            throw Refusal(
                415,
                "Unsupported Media Type",
                message: "Send the body as it is or with Content-Encoding: gzip.",
                headers: [.acceptEncoding: "gzip"]
            )
        }
    }

    /// ING-6, ING-21
    private func isLines(_ type: String?, _ media: Media) throws -> Bool {
        guard let type, type != "application/json" else { return false }
        let essence = type.prefix { $0 != ";" }.lowercased().trimmingBlanks
        if essence == "application/json" || essence == "text/json"
            || (essence.hasPrefix("application/") && essence.hasSuffix("+json"))
        {
            return false
        }
        let lines = ["application/x-ndjson", "application/ndjson", "application/jsonl"]
        if media == .jsonOrLines, lines.contains(essence) { return true }
        throw Refusal(
            415,
            "Unsupported Media Type",
            message: media == .json
                ? "Send the body as Content-Type: application/json."
                : "Send the body as Content-Type: application/json, or application/x-ndjson with one event a line."
        )
    }

    private static var overloaded: Refusal {
        Refusal.overloaded("Too much is being received now. Send it again in a second.")
    }

    private static var damagedGzip: Refusal {
        Refusal(400, "Invalid gzip", message: "The body is not whole gzip, as Content-Encoding says.")
    }
}

extension String {
    fileprivate var trimmingBlanks: String { filter { $0 != " " && $0 != "\t" } }
}

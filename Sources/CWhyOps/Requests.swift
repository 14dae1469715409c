public import CWhyOpsABI
import WhyOps

extension ExchangeFormat {
    /// The format with a number of the header.
    init?(_ number: Int32) {
        switch number {
        case WHYOPS_FORMAT_CHAT: self = .chat
        case WHYOPS_FORMAT_MESSAGES: self = .messages
        case WHYOPS_FORMAT_RESPONSES: self = .responses
        default: return nil
        }
    }
}

/// Reads a request body, to be freed by `whyops_request_free`.
@c @implementation
public func whyops_request_read(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ format: Int32,
    _ keys: OpaquePointer?,
    _ request: UnsafeMutablePointer<OpaquePointer?>?,
    _ fault: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(fault), let request = unsafe request else { return WHYOPS_INVALID_ARGUMENT }
    unsafe request.pointee = nil
    guard let format = ExchangeFormat(format), let body = unsafe text(start, length) else {
        return WHYOPS_INVALID_ARGUMENT
    }
    do throws(ExchangeFault) {
        unsafe request.pointee = Held.retain(try RequestReading(body, format: format, keys: SigningKeys.at(keys)))
        return WHYOPS_OK
    } catch {
        return unsafe give(error.json, fault, WHYOPS_REFUSED)
    }
}

/// Frees a request.
@c @implementation
public func whyops_request_free(_ request: OpaquePointer?) { unsafe Held<RequestReading>.release(request) }

/// The body to forward (EXC-3, EXC-4).
@c @implementation
public func whyops_request_forwarded(
    _ request: OpaquePointer?,
    _ body: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(body), let request = unsafe request else { return WHYOPS_INVALID_ARGUMENT }
    let reading = unsafe Held<RequestReading>.at(request).value
    if reading.edits.isEmpty { return WHYOPS_NONE }
    return unsafe give(reading.forwarded, body)
}

/// What a request asks for, and the ids that it echoes.
@c @implementation
public func whyops_request_describe(
    _ request: OpaquePointer?,
    _ json: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(json), let request = unsafe request else { return WHYOPS_INVALID_ARGUMENT }
    let reading = unsafe Held<RequestReading>.at(request).value
    var writer = JSONWriter()
    writer.object { writer in
        writer.member("model", reading.model)
        writer.member("stream", reading.isStreaming)
        writer.name("constraint")
        if let constraint = reading.constraint { writer.string(constraint.rawValue) } else { writer.null() }
        writer.name("echoes")
        writer.array { writer in
            for turn in reading.turns {
                for echo in turn.echoes.reversed() {
                    writer.object { writer in
                        writer.member("kind", echo.kind.rawValue)
                        writer.member("id", echo.text)
                    }
                }
            }
        }
    }
    return unsafe give(writer.bytes, json)
}

/// Which trace a request belongs to (TRC-4).
@c @implementation
public func whyops_request_resolve(
    _ request: OpaquePointer?,
    _ traceHeader: UnsafePointer<UInt8>?,
    _ traceHeaderLength: Int,
    _ threadHeader: UnsafePointer<UInt8>?,
    _ threadHeaderLength: Int,
    _ known: UnsafePointer<UInt8>?,
    _ knownLength: Int,
    _ options: UInt32,
    _ json: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(json), let request = unsafe request, options & ~WHYOPS_IGNORE_V1 == 0,
        let trace = unsafe header(traceHeader, traceHeaderLength),
        let thread = unsafe header(threadHeader, threadHeaderLength),
        let list = unsafe text(known, knownLength), let echoes = EchoID.known(list),
        let fresh = TraceID("new")
    else { return WHYOPS_INVALID_ARGUMENT }
    let reading = unsafe Held<RequestReading>.at(request).value
    let resolution = TraceResolution(
        traceHeader: trace.value,
        threadHeader: thread.value,
        turns: reading.turns,
        known: echoes,
        fresh: fresh,
        acceptsV1: options & WHYOPS_IGNORE_V1 == 0
    )
    var writer = JSONWriter()
    writer.object { writer in
        writer.name("traceId")
        if resolution.source == .new { writer.null() } else { writer.string(resolution.id.text) }
        writer.member("source", resolution.source.rawValue)
        writer.name("links")
        writer.array { writer in
            for link in resolution.links { writer.string(link.text) }
        }
    }
    return unsafe give(writer.bytes, json)
}

/// A body of a route that is not recorded, without its frames (EXC-7).
@c @implementation
public func whyops_body_strip(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ keys: OpaquePointer?,
    _ stripped: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(stripped), let body = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    let rest = PassThroughBody.forwarded(body, keys: unsafe SigningKeys.at(keys))
    if rest.count == body.count { return WHYOPS_NONE }
    return unsafe give(rest, stripped)
}

/// The value of a header, which may be absent.
private struct Header {
    var value: String?
}

/// Reads a header; bytes that are no UTF-8 become U+FFFD, which no trace id may hold (TRC-3).
private func header(_ start: UnsafePointer<UInt8>?, _ length: Int) -> Header? {
    guard unsafe start != nil else { return length == 0 ? Header() : nil }
    guard let bytes = unsafe text(start, length) else { return nil }
    return Header(value: String(decoding: bytes, as: UTF8.self))
}

extension EchoID {
    /// Reads what a caller knows of echoed ids; `nil` for another form than the header describes.
    fileprivate static func known(_ list: [UInt8]) -> [EchoID: TraceID]? {
        if list.isEmpty { return [:] }
        do throws(JSONFault) {
            let root = try JSONDocument(list).root
            guard root.kind == .array else { return nil }
            var links: [(id: EchoID, trace: TraceID)] = []
            for item in root.children {
                guard let kind = item["kind"]?.string.flatMap(EchoID.Kind.init(rawValue:)),
                    let text = item["id"]?.string, let echo = EchoID(kind, text),
                    let trace = item["traceId"]?.string.flatMap({ TraceID($0) })
                else { return nil }
                links.append((echo, trace))
            }
            return known(links)
        } catch {
            return nil
        }
    }
}

extension ExchangeFault {
    /// The fault as a caller in another language reads it.
    fileprivate var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("code", code)
            writer.member("pointer", pointer)
            writer.member("message", message)
        }
        return writer.bytes
    }
}

public import CWhyOpsABI
import WhyOps

/// Where a text is not JSON or beyond the limits (JSON-3).
@c @implementation
public func whyops_json_check(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ maximumDepth: Int,
    _ maximumValues: Int,
    _ fault: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(fault), let bytes = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    var limits = JSONLimits()
    if let depth = limit(maximumDepth) { limits.depth = depth }
    if let values = limit(maximumValues) { limits.values = values }
    do throws(JSONFault) {
        _ = try JSONTape(scanning: bytes.span, limits: limits)
        return WHYOPS_OK
    } catch {
        return unsafe give(error.json, fault, WHYOPS_REFUSED)
    }
}

/// The canonical form of a JSON text (RFC 8785).
@c @implementation
public func whyops_json_canonicalize(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ canonical: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(canonical), let bytes = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    do throws(JSONFault) {
        return unsafe give(try CanonicalJSON(bytes).bytes, canonical)
    } catch {
        return unsafe give(error.json, canonical, WHYOPS_REFUSED)
    }
}

/// A limit of the header; `nil` for its default, which has all bits set.
private func limit(_ size: Int) -> Int? {
    if size == -1 { return nil }
    // A size above what `Int` holds is beyond what any text can have.
    return size < 0 ? Int.max : size
}

extension JSONFault {
    /// The fault as a caller in another language reads it.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("code", code.text.description)
            writer.member("offset", offset)
            writer.member("message", message)
        }
        return writer.bytes
    }
}

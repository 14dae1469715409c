public import CWhyOpsABI
import WhyOps

/// A version 1 frame (SIG-1).
@c @implementation
public func whyops_signature_encode(
    _ traceID: UnsafePointer<UInt8>?,
    _ length: Int,
    _ frame: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(frame), let bytes = unsafe text(traceID, length) else { return WHYOPS_INVALID_ARGUMENT }
    guard let id = TraceID(bytes), let encoded = InvisibleSignature.encodeV1(id) else { return WHYOPS_NONE }
    return unsafe give(encoded, frame)
}

/// A version 2 frame (SIG-15).
@c @implementation
public func whyops_signature_sign(
    _ traceID: UnsafePointer<UInt8>?,
    _ length: Int,
    _ keys: OpaquePointer?,
    _ frame: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(frame), let bytes = unsafe text(traceID, length), let keys = unsafe SigningKeys.at(keys) else {
        return WHYOPS_INVALID_ARGUMENT
    }
    guard let id = TraceID(bytes), let encoded = InvisibleSignature.encodeV2(id, with: keys.active) else {
        return WHYOPS_NONE
    }
    return unsafe give(encoded, frame)
}

/// The trace id that a text carries (SIG-4, SIG-18).
@c @implementation
public func whyops_signature_extract(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ keys: OpaquePointer?,
    _ options: UInt32,
    _ traceID: UnsafeMutablePointer<whyops_result>?,
    _ version: UnsafeMutablePointer<Int32>?
) -> whyops_status {
    if let version = unsafe version { unsafe version.pointee = 0 }
    guard unsafe clear(traceID), let options = TextOptions(options), let bytes = unsafe text(start, length) else {
        return WHYOPS_INVALID_ARGUMENT
    }
    let reading = unsafe read(bytes, keys, options)
    let old = options.ignoresV1 ? nil : reading?.traceID
    guard let id = reading?.verified ?? old else { return WHYOPS_NONE }
    if let version = unsafe version { unsafe version.pointee = reading?.verified == nil ? 1 : 2 }
    return unsafe give(Array(id.text.utf8), traceID)
}

/// Where in a text a frame goes (SIG-30).
@c @implementation
public func whyops_signature_place(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ policy: Int32,
    _ options: UInt32,
    _ offset: UnsafeMutablePointer<Int>?
) -> whyops_status {
    guard let offset = unsafe offset else { return WHYOPS_INVALID_ARGUMENT }
    unsafe offset.pointee = 0
    guard let policy = SignaturePolicy(policy), let options = TextOptions(options),
        let bytes = unsafe text(start, length)
    else { return WHYOPS_INVALID_ARGUMENT }
    let place = CarrierTest.place(in: bytes.span, 0..<bytes.count, escapes: options.escapes, policy: policy)
    guard let place else { return WHYOPS_NONE }
    unsafe offset.pointee = place
    return WHYOPS_OK
}

/// A text without its frames (SIG-20).
@c @implementation
public func whyops_signature_strip(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ keys: OpaquePointer?,
    _ options: UInt32,
    _ stripped: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(stripped), let options = TextOptions(options), let bytes = unsafe text(start, length) else {
        return WHYOPS_INVALID_ARGUMENT
    }
    guard let frames = unsafe read(bytes, keys, options)?.frames else { return WHYOPS_NONE }
    return unsafe give(bytes.applying(frames.map { ByteEdit($0) }), stripped)
}

/// What a text says, with or without keys.
private func read(
    _ bytes: [UInt8],
    _ keys: OpaquePointer?,
    _ options: TextOptions
) -> InvisibleSignature.Reading? {
    let keys = unsafe SigningKeys.at(keys)
    return InvisibleSignature.read(bytes.span, in: 0..<bytes.count, escapes: options.escapes, keys: keys)
}

/// How a text is to be read.
struct TextOptions {
    let ignoresV1: Bool
    /// Whether the text is the inside of a JSON string.
    let escapes: Bool

    /// The options with these bits of the header; `nil` for a bit without a meaning.
    init?(_ bits: UInt32) {
        guard bits & ~(WHYOPS_IGNORE_V1 | WHYOPS_JSON_STRING) == 0 else { return nil }
        ignoresV1 = bits & WHYOPS_IGNORE_V1 != 0
        escapes = bits & WHYOPS_JSON_STRING != 0
    }
}

extension TraceID {
    /// An id from UTF-8; `nil` for what is no id or no UTF-8.
    init?(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        self.init(text)
    }
}

public import CWhyOpsABI
import WhyOps

// What crosses the border between C and Swift: texts that are borrowed, results that the caller owns, and objects
// that the caller holds by an address.

/// The longest text that is read, in bytes: places in a JSON text are kept in 32 bits.
private let maximumLength = UInt(UInt32.max) - 1

/// A copy of a borrowed text; `nil` for a text that no caller should send.
func text(_ start: UnsafePointer<UInt8>?, _ length: Int) -> [UInt8]? {
    guard length != 0 else { return [] }
    guard let start = unsafe start, length > 0, UInt(length) <= maximumLength else { return nil }
    // The caller vouches for `length` bytes from `start` during the call.
    return unsafe Array(UnsafeBufferPointer(start: start, count: length))
}

typealias Result = UnsafeMutablePointer<whyops_result>

/// Empties a result, so that every function sets it whatever it returns. `false` where there is none to set.
func clear(_ result: Result?) -> Bool {
    guard let result = unsafe result else { return false }
    unsafe result.pointee = whyops_result()
    return true
}

/// Hands bytes over to the caller.
func give(_ bytes: [UInt8], _ result: Result?, _ status: whyops_status = WHYOPS_OK) -> whyops_status {
    guard let result = unsafe result else { return WHYOPS_INVALID_ARGUMENT }
    guard !bytes.isEmpty else {
        unsafe result.pointee = whyops_result()
        return status
    }
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    // The buffer has room for exactly these bytes.
    _ = unsafe copy.initialize(fromContentsOf: bytes)
    unsafe result.pointee = whyops_result(bytes: copy.baseAddress, length: bytes.count)
    return status
}

/// Frees what a result holds and empties it.
@c @implementation
public func whyops_result_free(_ result: UnsafeMutablePointer<whyops_result>?) {
    guard let result = unsafe result else { return }
    // Only `give` makes results that are not empty, and it allocates.
    unsafe result.pointee.bytes?.deallocate()
    unsafe result.pointee = whyops_result()
}

/// The version of the specification.
@c @implementation
public func whyops_spec_version() -> UnsafePointer<CChar>? {
    let version: StaticString = "1.0"
    // A static string ends with a zero byte and never goes away.
    return unsafe UnsafeRawPointer(version.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// A value that C holds by its address.
final class Held<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }

    /// The address, which keeps the object alive until `release`.
    static func retain(_ value: Value) -> OpaquePointer {
        unsafe OpaquePointer(Unmanaged.passRetained(Held(value)).toOpaque())
    }

    /// The object at an address that `retain` gave out.
    static func at(_ address: OpaquePointer) -> Held {
        unsafe Unmanaged<Held>.fromOpaque(UnsafeRawPointer(address)).takeUnretainedValue()
    }

    /// Ends the life that `retain` began.
    static func release(_ address: OpaquePointer?) {
        guard let address = unsafe address else { return }
        unsafe Unmanaged<Held>.fromOpaque(UnsafeRawPointer(address)).release()
    }
}

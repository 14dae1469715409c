public import CWhyOpsABI
import WhyOps

/// Makes a set of signing keys (SIG-40), to be freed by `whyops_keys_free`.
@c @implementation
public func whyops_keys_create(
    _ keys: UnsafePointer<whyops_key>?,
    _ count: Int,
    _ set: UnsafeMutablePointer<OpaquePointer?>?
) -> whyops_status {
    guard let set = unsafe set else { return WHYOPS_INVALID_ARGUMENT }
    unsafe set.pointee = nil
    guard let keys = unsafe keys, (1...16).contains(count) else { return WHYOPS_INVALID_ARGUMENT }
    var list: [SigningKey] = []
    // The caller vouches for `count` keys from `keys` during the call.
    for index in 0..<count {
        let record = unsafe keys[index]
        let bytes = unsafe withUnsafeBytes(of: record.bytes) { unsafe Array($0) }
        guard let key = SigningKey(id: record.id, bytes: bytes) else { return WHYOPS_INVALID_ARGUMENT }
        list.append(key)
    }
    guard let made = SigningKeys(list) else { return WHYOPS_INVALID_ARGUMENT }
    unsafe set.pointee = Held.retain(made)
    return WHYOPS_OK
}

/// Frees a set of signing keys.
@c @implementation
public func whyops_keys_free(_ set: OpaquePointer?) { unsafe Held<SigningKeys>.release(set) }

extension SigningKeys {
    /// The set at an address of `whyops_keys_create`; `nil` for NULL.
    static func at(_ address: OpaquePointer?) -> SigningKeys? {
        guard let address = unsafe address else { return nil }
        return unsafe Held<SigningKeys>.at(address).value
    }
}

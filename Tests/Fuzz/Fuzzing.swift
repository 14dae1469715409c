// The entry of libFuzzer. `.ci/fuzz` compiles this folder and the core into one module, so that every target is in one
// binary and reaches internal parts too; `WHYOPS_FUZZ_TARGET` says which one runs.

import Glibc

/// What is checked over arbitrary bytes. Each check asserts rules of `spec/`, not only that nothing traps.
enum FuzzTarget: String, CaseIterable {
    case json, signature, stream, request, reply, event

    /// The target that the environment names.
    static let chosen: FuzzTarget = {
        guard let name = getenv("WHYOPS_FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            fatalError("WHYOPS_FUZZ_TARGET must be one of: \(names)")
        }
        return target
    }()

    func check(_ input: [UInt8]) {
        switch self {
        case .json: checkJSON(input)
        case .signature: checkSignature(input)
        case .stream: checkStream(input)
        case .request: checkRequest(input)
        case .reply: checkReply(input)
        case .event: checkEvent(input)
        }
    }
}

/// Takes one input of the fuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.check(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}

/// Ends the process where a rule is broken; libFuzzer then keeps the input.
func require(_ holds: Bool, _ rule: @autoclosure () -> String) {
    if !holds { fatalError("broken: \(rule())") }
}

/// Bytes as text for messages, invisible characters escaped.
func shown(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
}

/// Keys of an environment for the targets that read version 2 signatures; the numbers are arbitrary.
enum FuzzKeys {
    static let active = SigningKey(id: 3, bytes: [UInt8](repeating: 7, count: 32))
    static let old = SigningKey(id: 9, bytes: [UInt8](repeating: 8, count: 32))
    static let all = SigningKeys([active, old].compactMap { $0 })

    /// A version 2 frame, or version 1 where asked for.
    static func frame(_ text: String, version: Int = 2) -> [UInt8] {
        guard let id = TraceID(text), let active else { return [] }
        return (version == 1 ? InvisibleSignature.encodeV1(id) : InvisibleSignature.encodeV2(id, with: active)) ?? []
    }
}

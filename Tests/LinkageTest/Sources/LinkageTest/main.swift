import WhyOps

let secret = [UInt8](repeating: 7, count: 32)

// The lines of README.md, with the library's public doors only, as a consumer writes them.

// swift-format-ignore: NeverForceUnwrap
let id = TraceID("session-123")!  // 1 to 128 characters, so it exists
// swift-format-ignore: NeverForceUnwrap
let key = SigningKey(id: 0, bytes: secret)!  // 32 bytes, so it is one
// swift-format-ignore: NeverForceUnwrap
let frame = InvisibleSignature.encodeV2(id, with: key)!
let text = Array("Hello.".utf8) + frame

let found = InvisibleSignature.extract(from: text.span, keys: SigningKeys([key]))  // session-123
let plain = InvisibleSignature.strip(text)  // Hello.

guard found == id, plain == Array("Hello.".utf8) else { throw Failure() }
print("linked: \(id.text)")

struct Failure: Error {}

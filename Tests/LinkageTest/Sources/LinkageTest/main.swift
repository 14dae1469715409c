import WhyOps

// Uses the library's public doors only, as a consumer does.
if let id = TraceID("session-123"), let frame = InvisibleSignature.encodeV1(id) {
    let text = Array("Hello.".utf8)
    let signed = text + frame
    guard InvisibleSignature.extract(from: signed.span) == id, InvisibleSignature.strip(signed) == text else {
        throw Failure()
    }
    print("linked: \(id.text)")
} else {
    throw Failure()
}

struct Failure: Error {}

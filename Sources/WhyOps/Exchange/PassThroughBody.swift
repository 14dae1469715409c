/// A body of a route that is not recorded: stripped where it is JSON, and otherwise as it came (EXC-7).
public enum PassThroughBody {
    /// The body to forward; the same storage where nothing changes.
    ///
    /// - Parameter keys: the signing keys of the caller's environment (SIG-42).
    public static func forwarded(_ body: [UInt8], keys: SigningKeys? = nil) -> [UInt8] {
        do throws(JSONFault) {
            return body.applying(RequestScan(try JSONDocument(body), keys: keys).edits)
        } catch {
            return body
        }
    }

    /// Whether a content type is JSON, so that its body is read.
    public static func isJSON(contentType: String) -> Bool {
        let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 != 0x20 && $0 != 0x09 }
        return type.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 } == Array("application/json".utf8)
    }
}

/// An error of the proxy's own, told in the envelope of the vendor whose API the client speaks (PRX-5).
public struct ProxyError: Error, Hashable, Sendable {
    /// The HTTP status.
    public let status: Int
    /// The stable code.
    public let code: String
    /// What is wrong, where, and what to do.
    public let message: String
    /// The member of the body at fault, as an RFC 6901 pointer.
    public let pointer: String?

    /// Creates an error.
    public init(status: Int, code: String, message: String, pointer: String? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.pointer = pointer
    }

    /// A body that cannot be read (EXC-5, EXC-6).
    public init(_ fault: ExchangeFault) {
        self.init(status: 400, code: fault.code, message: fault.message, pointer: fault.pointer)
    }

    /// The body of the response.
    public func body(for vendor: Vendor) -> [UInt8] {
        var writer = JSONWriter()
        switch vendor {
        case .openai:
            writer.object {
                $0.name("error")
                $0.object {
                    $0.member("message", message)
                    $0.member("type", openAIType)
                    $0.name("param")
                    if let pointer, !pointer.isEmpty { $0.string(pointer) } else { $0.null() }
                    $0.member("code", code)
                }
            }
        case .anthropic:
            writer.object {
                $0.member("type", "error")
                $0.name("error")
                $0.object {
                    $0.member("type", anthropicType)
                    $0.member("message", message)
                    $0.member("code", code)
                    if let pointer { $0.member("pointer", pointer) }
                }
            }
        }
        return writer.bytes
    }

    private var openAIType: String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private var anthropicType: String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}

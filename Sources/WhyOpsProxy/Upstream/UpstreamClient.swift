import WhyOps

/// What upstreams are sent and what of their replies is returned: nothing but the headers that may pass.
struct UpstreamClient: Sendable {
    /// The name of this proxy in `Via`; unlike any other's, so that a loop is seen (PRX-14).
    let instance: String

    /// A request as the upstream gets it, still without its body (PRX-6, PRX-221).
    ///
    /// - Parameter isUnread: whether the reply's body goes on as it comes, so that conditions and ranges hold (PRX-202).
    func request(
        _ original: ProxyRequest,
        _ path: ProxyPath,
        provider: Provider,
        isUnread: Bool = false
    ) throws -> UpstreamRequest {
        let key = PresentedKey(original.headers)
        var query = Self.query(original, path)
        if let key, let whole = query { query = key.removed(from: whole) }
        let url = provider.url(for: path.path, query: query)
        guard let (origin, target) = UpstreamOrigin.reading(url, reach: provider.reach) else {
            throw ProxyError(
                status: 502,
                code: "upstream_unreachable",
                message: "The base address of the upstream '\(provider.name)' cannot be used."
            )
        }
        var headers = HeaderFields()
        headers.reserve(original.headers.fields.count + 4)
        var via = ""
        let ofConnection = original.headers.namesOfConnection
        for field in original.headers.fields {
            let name = field.name.loweredHeader
            let isVia = name == HeaderName.via.text
            let passes = isVia || (isUnread ? HeaderPolicy.forwardsUnread(name) : HeaderPolicy.forwards(name))
            // The key is not sought in what stays here anyway, as the header that it came in.
            guard passes, !ofConnection.contains(name), key?.occurs(in: field.value) != true else { continue }
            if isVia {
                via += field.value + ", "
            } else {
                headers.append(name: field.name, value: field.value)
            }
        }
        headers.append(.acceptEncoding, "identity")
        headers.append(.via, via + "1.1 " + instance)
        if let (name, value) = provider.credentialHeader { headers.append(name: name, value: value) }
        return UpstreamRequest(
            origin: origin,
            method: original.method,
            provider: provider.name,
            owner: provider.owner,
            target: target,
            headers: headers
        )
    }

    /// The query, without the version of Azure's API where the path is not Azure's any more (PRX-206).
    private static func query(_ original: ProxyRequest, _ path: ProxyPath) -> String? {
        guard path.isOfDeployment, let query = original.query else { return original.query }
        let kept = query.utf8.split(separator: UInt8(ascii: "&")).filter { !$0.starts(with: "api-version=".utf8) }
        return kept.isEmpty ? nil : kept.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "&")
    }

    /// The headers of a reply that the client gets (PRX-7, PRX-221): none that holds the provider's credential (PRX-180).
    ///
    /// - Parameter isUnread: whether the body goes on as it came, so that what is said of it holds (PRX-202).
    static func returned(
        _ headers: HeaderFields,
        from provider: Provider,
        isUnread: Bool = false
    ) -> HeaderFields {
        let ofConnection = headers.namesOfConnection
        return HeaderFields(
            headers.fields.filter {
                let name = $0.name.loweredHeader
                let passes = isUnread ? HeaderPolicy.returnsUnread(name) : HeaderPolicy.returns(name)
                return passes && !ofConnection.contains(name) && !provider.isRepeated(in: $0.value)
            }
        )
    }

    /// What a failed request tells the client (PRX-11).
    static func error(_ fault: UpstreamFault, provider: Provider) -> ProxyError {
        switch fault {
        case .slow:
            ProxyError(
                status: 504,
                code: "upstream_timeout",
                message: "The upstream '\(provider.name)' did not answer in time."
            )
        case .silent(let seconds):
            ProxyError(
                status: 504,
                code: "upstream_timeout",
                message: "The upstream '\(provider.name)' sent nothing for \(seconds) seconds in the middle of its "
                    + "reply."
            )
        case .overdue(let seconds):
            ProxyError(
                status: 504,
                code: "upstream_timeout",
                message: "The upstream '\(provider.name)' was not done after \(seconds) seconds."
            )
        case .stopping: stopping
        case .broken(let reason):
            ProxyError(
                status: 502,
                code: "upstream_unreachable",
                message: "The upstream '\(provider.name)' could not be reached or broke the connection off "
                    + "(\(reason))."
            )
        }
    }

    /// A reply that the end of the proxy came before (PRX-152).
    static let stopping = ProxyError(
        status: 503,
        code: "proxy_stopping",
        message: "The proxy was stopped before the reply had ended."
    )

    /// A reply that has to be read whole, and is larger than that may be.
    static func tooLarge(_ limit: Int, _ provider: Provider) -> ProxyError {
        ProxyError(
            status: 502,
            code: "upstream_reply_too_large",
            message: "The upstream '\(provider.name)' answered with more than \(limit) bytes."
        )
    }

    /// A reply that has to be read before it goes, while there is no room for it (PRX-203).
    static func noRoom(_ provider: Provider) -> ProxyError {
        ProxyError(
            status: 502,
            code: "upstream_reply_too_large",
            message: "The upstream '\(provider.name)' answered with more than the proxy has room to read now. Send the "
                + "request again when less is under way, or raise --max-held-bytes."
        )
    }

    /// A reply that has to be read before it goes, and cannot be in its encoding (PRX-212, PRX-217).
    static func unread(_ reply: EncodedReply, _ reason: EncodedReply.Unread, _ provider: Provider) -> ProxyError {
        let code: String
        let step: String
        switch reason {
        case .unknown, .damaged, .cutOff:
            code = "upstream_unreadable"
            step = "It was asked for no encoding: have it send the reply as it is, or in gzip that is whole."
        case .tooLarge:
            code = "upstream_reply_too_large"
            step = "Ask for less at once, for a list with a smaller `limit`."
        case .noRoom: return noRoom(provider)
        }
        return ProxyError(
            status: 502,
            code: code,
            message: "The upstream '\(provider.name)' answered with a reply that cannot be passed on unread. "
                + "\(reply.note(reason)) \(step)"
        )
    }

    /// A stream that ended in order, but before its reply did (EXC-60).
    static func cutOff(_ provider: Provider) -> ProxyError {
        ProxyError(
            status: 502,
            code: "upstream_incomplete",
            message: "The upstream '\(provider.name)' ended its stream before the reply was finished."
        )
    }
}

extension ReplyHead {
    /// The head of a reply whose body goes on as it comes.
    ///
    /// - Parameters:
    ///   - headers: the upstream's.
    ///   - hasBody: the answer to HEAD has a length and no body.
    ///   - isUnread: whether what is said of the body goes with it (PRX-202).
    ///   - trace: what a recorded reply belongs to.
    static func passing(
        _ status: Int,
        _ headers: HeaderFields,
        from provider: Provider,
        hasBody: Bool = true,
        isUnread: Bool = false,
        trace: TraceID? = nil
    ) -> ReplyHead {
        let length = headers[.contentLength].flatMap { Int($0) }
        var returned = UpstreamClient.returned(headers, from: provider, isUnread: isUnread)
        if let trace { returned.append(trace: trace) }
        return ReplyHead(
            status: status,
            headers: returned,
            body: hasBody ? .stream(length: length) : .none(length: length)
        )
    }
}
